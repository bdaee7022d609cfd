import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld(0, 0, {
    standalone: 4,
    spec: {
      rollout: { minHealthyTime: '0s', healthyDeadline: '20s' },
    },
  });
});
afterAll(() => world.close());

const root = (host: string) => world.site.host(host).root;

test('one command makes kubelets without an API of bare hosts, and then there is nothing to do', async () => {
  expectEnd(await world.up(), 0, 'Done:');
  const config = await readFile(join(root('shop-1'), 'var/lib/kubelet/config.yaml'), 'utf8');
  expect(config).toContain('address: 127.0.0.1');
  const unit = await readFile(join(root('shop-1'), 'etc/systemd/system/kubelet.service'), 'utf8');
  expect(unit).not.toContain('kubeconfig');
  expect((await readdir(join(root('shop-1'), 'etc/kubernetes/pki'))).sort()).toEqual(['ca.crt']);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  expectEnd(await world.podstrap(['status']), 0, 'healthy');
  expect(world.site.refused).toEqual([]);
});

test('a host that cannot be reached is pending, and gets what is wanted when it is back', async () => {
  await world.site.powerCut('shop-1');
  const restore = await world.edit((spec) => {
    spec.kubelet = { config: { maxPods: 50 } };
  });
  expectEnd(await world.up(), 75, 'shop-1');
  await world.site.powerOn('shop-1');
  await world.converge();
  await restore();
  await world.converge();
});

test('the configuration of the pods’ network goes when hosts have none any more, and comes back', async () => {
  const plugins = () => readdir(join(root('shop-3'), 'etc/cni/net.d'));
  expect(await plugins()).toEqual(['10-podstrap.conflist']);
  const restore = await world.edit((spec) => {
    spec.networking = { plugin: 'host' };
  });
  expectEnd(await world.podstrap(['plan']), 0, 'no longer asks for a pod network');
  await world.converge();
  expect(await plugins()).toEqual([]);
  await restore();
  await world.converge();
  expect(await plugins()).toEqual(['10-podstrap.conflist']);
});

test('commands about an API or etcd are refused before any host is asked', async () => {
  for (const words of [['etcd', 'snapshot'], ['kubeconfig'], ['check'], ['kubectl', 'get', 'nodes']])
    expectEnd(await world.podstrap(words), 64, 'neither an API server nor etcd');
});

test('a roll-out waits for the approval of its canary, outlives runs, and goes on', async () => {
  const restore = await world.edit((spec) => {
    spec.rollout.stages = [
      { name: 'canary', hosts: { names: ['shop-2'] }, soak: '1s', approve: true },
      { name: 'rest', maxParallel: '50%' },
    ];
    spec.kubelet = { config: { maxPods: 60 } };
  });
  expectEnd(
    await world.podstrap(['approve', 'canary']),
    1,
    'the inventory has changed since the last roll-out',
  );
  expectEnd(await world.podstrap(['approve', 'canari']), 64, 'did you mean');
  expectEnd(await world.up(), 75, 'canary: waiting for approval');
  const maxPods = async (host: string) =>
    /maxPods: (\d+)/.exec(await readFile(join(root(host), 'var/lib/kubelet/config.yaml'), 'utf8'))?.[1];
  expect(await maxPods('shop-2')).toBe('60');
  expect(await maxPods('shop-1')).toBeUndefined();
  expectEnd(await world.up(), 75, 'canary: waiting for approval');
  expect(await maxPods('shop-3')).toBeUndefined();
  expectEnd(await world.podstrap(['approve', 'canary']), 0, 'canary is approved');
  await world.converge();
  expect(await maxPods('shop-3')).toBe('60');
  await restore();
  await world.converge();
});

test('a host that fails is put back with those that were changed before it, and the roll-out is refused from then on', async () => {
  const restore = await world.edit((spec) => {
    spec.rollout.stages = [
      { name: 'canary', hosts: { names: ['shop-1'] } },
      { name: 'rest', maxParallel: 1 },
    ];
    spec.rollout.healthyDeadline = '3s';
    spec.kubelet = { extraArgs: [{ name: 'v', value: '2' }] };
  });
  world.site.faults('shop-2').unknownFlag('v');
  expectEnd(await world.up(), 1, 'shop-1: put back as it was before, and healthy');
  const unit = (host: string) => readFile(join(root(host), 'etc/systemd/system/kubelet.service'), 'utf8');
  for (const host of ['shop-1', 'shop-2', 'shop-3']) expect(await unit(host)).not.toContain('--v=2');
  expectEnd(await world.up(), 1, 'this roll-out has failed before');
  world.site.faults('shop-2').clear();
  expectEnd(await world.podstrap(['up', '--yes', '--retry']), 0);
  expect(await unit('shop-3')).toContain('--v=2');
  await restore();
  await world.converge();
});

test('a host that is lost in its change counts as failed, and goes back first when it is there again', async () => {
  const restore = await world.edit((spec) => {
    spec.rollout.stages = [
      { name: 'canary', hosts: { names: ['shop-1'] } },
      { name: 'rest', maxParallel: 1 },
    ];
    spec.kubelet = { config: { maxPods: 80 } };
  });
  world.site.faults('shop-2').strikeAtCommand('power', 'tar', 1);
  expectEnd(
    await world.up(),
    1,
    'shop-1: put back as it was before, and healthy',
    /shop-2: could not be put back/,
  );
  await world.site.powerOn('shop-2');
  expectEnd(await world.up(), 75, 'shop-2: back to what was there before the roll-out that failed');
  const config = (host: string) => readFile(join(root(host), 'var/lib/kubelet/config.yaml'), 'utf8');
  for (const host of ['shop-1', 'shop-2', 'shop-3']) expect(await config(host)).not.toContain('maxPods');
  expectEnd(await world.up(), 1, 'this roll-out has failed before');
  await restore();
  await world.converge();
});

test('one that fails within the tolerance goes back alone', async () => {
  const restore = await world.edit((spec) => {
    spec.rollout.failureTolerance = '25%';
    spec.rollout.healthyDeadline = '3s';
    spec.kubelet = { extraArgs: [{ name: 'v', value: '3' }] };
  });
  world.site.faults('shop-3').unknownFlag('v');
  expectEnd(await world.up(), 1, 'the roll-out goes on without it');
  const unit = (host: string) => readFile(join(root(host), 'etc/systemd/system/kubelet.service'), 'utf8');
  expect(await unit('shop-3')).not.toContain('--v=3');
  expect(await unit('shop-4')).toContain('--v=3');
  world.site.faults('shop-3').clear();
  await restore();
  await world.converge();
});

test('outside of its window nothing is begun', async () => {
  const hour = new Date().getUTCHours();
  const clock = (hours: number) => `${String((hour + hours) % 24).padStart(2, '0')}:00`;
  const restore = await world.edit((spec) => {
    spec.rollout.window = { from: clock(3), to: clock(4) };
    spec.kubelet = { config: { maxPods: 70 } };
  });
  expectEnd(await world.up(), 75, 'hosts are changed only from');
  expect(await readFile(join(root('shop-1'), 'var/lib/kubelet/config.yaml'), 'utf8')).not.toContain(
    'maxPods',
  );
  await restore();
  await world.converge();
});

test('a host that vanishes from the inventory is left as it is, until somebody names it', async () => {
  const has = async (host: string) => (await readdir(join(root(host), 'etc'))).includes('kubernetes');
  expectEnd(await world.podstrap(['up', '--yes', '--remove', 'shop-4']), 64, 'shop-4 is in the inventory');
  const without = (...gone: readonly string[]) =>
    world.edit((spec) => {
      spec.hosts = spec.hosts.filter(({ name }: { name: string }) => !gone.includes(name));
    });
  const half = await without('shop-3', 'shop-4');
  expectEnd(await world.up(), 1, 'shop-3, shop-4', 'No host was contacted');
  await half();
  const restore = await without('shop-4');
  expectEnd(await world.up(), 0, 'left as they are: shop-4');
  expect(await has('shop-4')).toBe(true);
  expectEnd(await world.podstrap(['up', '--yes', '--remove', 'shop-9']), 64, 'There are shop-4');
  expectEnd(await world.podstrap(['up', '--yes', '--remove', 'shop-4']), 0);
  expect(await has('shop-4')).toBe(false);
  expect(await has('shop-1')).toBe(true);
  const told = await world.podstrap(['plan', '--detailed-exitcode']);
  expectEnd(told, 0);
  expect(told.stderr).not.toContain('shop-4');
  await restore();
  await world.converge();
});

test('a host of another fleet is refused, and after a reset a host is as before', async () => {
  const before = await readFile(world.file, 'utf8');
  await writeFile(world.file, before.replace('name: practice', 'name: other'));
  expectEnd(await world.podstrap(['plan']), 1, 'it belongs to another fleet: practice');
  await writeFile(world.file, before);
  await world.reset();
  expect(await readdir(join(root('shop-1'), 'etc'))).not.toContain('kubernetes');
  expect(world.site.refused).toEqual([]);
});
