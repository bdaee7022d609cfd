import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

const open: World[] = [];
afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
});

async function worldOf(controlPlanes: number, controlPlaneComponentHealthCheck = '2m'): Promise<World> {
  const timeouts = { watchAfterChange: '1s', controlPlaneComponentHealthCheck };
  const world = await startWorld(controlPlanes, 0, { spec: { timeouts } });
  open.push(world);
  await world.converge();
  return world;
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `cp-${index + 1}`);
const manifestOf = (world: World, host: string, component: string): string =>
  readFileSync(join(world.site.host(host).root, `/etc/kubernetes/manifests/${component}.yaml`), 'utf8');
const verbose = (component: 'apiServer' | 'scheduler') => (spec: Spec) => {
  spec[component] = { extraArgs: [{ name: 'v', value: '3' }] };
};

it('a pod that was ready and dies late, after all nodes were changed: every node goes back', async () => {
  const world = await worldOf(3);
  const before = names(3).map((host) => manifestOf(world, host, 'kube-scheduler'));
  const back = await world.edit((spec) => {
    verbose('scheduler')(spec);
    spec.timeouts.watchAfterChange = '10s';
  });
  for (const host of names(3))
    world.site.faults(host).component('kube-scheduler', { diesAfter: 6_000, withFlag: 'v' });
  expectEnd(await world.up(), 1, 'kube-scheduler: its container has ended', 'Watching the nodes', '→');
  expect(names(3).map((host) => manifestOf(world, host, 'kube-scheduler'))).toEqual(before);
  for (const host of names(3)) world.site.faults(host).clear();
  await back();
  await world.converge();
});

it('a node that goes down meanwhile stops the roll-out before the next one costs etcd its quorum', async () => {
  const world = await worldOf(3);
  await world.edit(verbose('apiServer'));
  let cut: Promise<void> | undefined;
  const changed: string[] = [];
  const ended = await world.up({
    onOutput: (text) => {
      const name = /(cp-\d).*switching/.exec(text)?.[1];
      if (name === undefined || cut !== undefined) return;
      changed.push(name);
      cut = world.site.powerCut(names(3).find((other) => other !== name)!);
    },
  });
  await cut;
  expect(ended.code, `${ended.stdout}${ended.stderr}`).not.toBe(0);
  const flagged = names(3).filter((host) => manifestOf(world, host, 'kube-apiserver').includes('--v=3'));
  expect(flagged).toEqual(changed);
  for (const host of names(3)) await world.site.powerOn(host).catch(() => undefined);
  await world.converge();
});

it('a node that is down is skipped, and said, where the others have quorum to spare', async () => {
  const world = await worldOf(5);
  await world.site.powerCut('cp-4');
  await world.edit(verbose('apiServer'));
  expectEnd(await world.up(), 75, 'Not reached, and not changed: cp-4');
  const flagged = () =>
    names(5).filter((host) => manifestOf(world, host, 'kube-apiserver').includes('--v=3'));
  expect(flagged()).toEqual(['cp-1', 'cp-2', 'cp-3', 'cp-5']);
  await world.site.powerOn('cp-4');
  await world.converge();
  expect(flagged()).toEqual(names(5));
});

it('a lone etcd that does not start goes back, though there is no quorum to count', async () => {
  // The API server waits for etcd as long as it may; the run does not, once etcd is given up.
  const world = await worldOf(1, '1h');
  const before = manifestOf(world, 'cp-1', 'etcd');
  world.site.faults('cp-1').unknownFlag('max-wals');
  const back = await world.edit((spec) => {
    spec.etcd = { local: { extraArgs: [{ name: 'max-wals', value: '3' }] } };
  });
  expectEnd(await world.up(), 1, 'unknown flag: --max-wals', 'as it was before, and healthy');
  expect(manifestOf(world, 'cp-1', 'etcd')).toBe(before);
  world.site.faults('cp-1').clear();
  await back();
  await world.converge();
});
