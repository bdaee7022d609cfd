import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(3, 1, {
    spec: {
      networking: { plugin: 'routes', podSubnet: '10.244.0.0/16' },
      timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '2m' },
    },
  });
  // The endpoint is that of the first control plane.
  await world.edit((spec: Spec) => {
    delete spec.controlPlaneEndpoint;
  });
  await world.converge();
});
afterAll(() => world.close());

const read = (host: string, path: string): string =>
  readFileSync(join(world.site.host(host).root, path), 'utf8');
const portIn = (text: string): string | undefined => /server: "?https:\/\/[^\s"]*:(\d+)/.exec(text)?.[1];
const ports = async () => ({
  kubeconfig: portIn((await world.podstrap(['kubeconfig', '--stdout'])).stdout),
  admin: portIn(read('cp-2', '/etc/kubernetes/admin.conf')),
  plane: portIn(read('cp-1', '/etc/kubernetes/kubelet.conf')),
  worker: portIn(read('w-1', '/etc/kubernetes/kubelet.conf')),
  servers: [...read('w-1', paths.balancerConfig).matchAll(/^ +server \S+ \S+:(\d+)$/gm)].map(
    ([, port]) => port,
  ),
});
const all = (port: string) => ({
  kubeconfig: port,
  admin: port,
  plane: port,
  worker: port,
  servers: [port, port, port],
});

it('a run that fails and is undone leaves the way back open: nothing is to do with the old inventory', async () => {
  const undo = await world.edit((spec: Spec) => {
    spec.networking.podSubnet = '10.240.0.0/12';
    spec.apiServer = { extraArgs: [{ name: 'no-such-flag', value: 'x' }] };
  });
  expectEnd(await world.up(), 1, 'no-such-flag', 'put back as it was before, and healthy');
  await undo();
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  expectEnd(await world.up(), 0, 'Nothing to do');
});

it.each([
  ['podSubnet', '10.244.0.0/16,fd00:244::/56'],
  ['serviceSubnet', '10.96.0.0/12,fd00:96::/112'],
])('a second network is refused before anything: %s', async (field, value) => {
  const undo = await world.edit((spec: Spec) => {
    spec.networking[field] = value;
  });
  const before = await fingerprint(world.site);
  expectEnd(await world.up(), 1, `spec.networking.${field} was`, 'Nothing was changed');
  expect(await fingerprint(world.site)).toEqual(before);
  await undo();
});

it('the network of the pods grows around what is there, as the refusal says that it may', async () => {
  await world.edit((spec: Spec) => {
    spec.networking.podSubnet = '10.240.0.0/12';
  });
  await world.converge();
});

it('the API servers go to another port, one after another, and everybody follows', async () => {
  expect(await ports()).toEqual(all('6443'));
  await world.edit((spec: Spec) => {
    spec.apiServer = { bindPort: 7443 };
  });
  expectEnd(
    await world.podstrap(['plan']),
    0,
    /haproxy\.cfg on w-1 {2}\(API servers move to port 7443: until they are there it leads to both\)/,
  );
  await world.converge();
  expect(await ports()).toEqual(all('7443'));
  expectEnd(await world.podstrap(['status']), 0);
});

it('the operator is killed between two of them: the way back is open, and so is the way on', async () => {
  const undo = await world.edit((spec: Spec) => {
    spec.apiServer = { bindPort: 8443 };
  });
  const child: ChildProcess[] = [];
  let said = '';
  const cut = await world.up({
    onStart: (process) => void child.push(process),
    onOutput: (text) => {
      said += text;
      if (/cp-\d: .*changed and healthy/.test(said)) child[0]?.kill('SIGKILL');
    },
  });
  expect(cut.code, cut.stdout + cut.stderr).toBe(137);
  await undo();
  await world.converge();
  expect(await ports()).toEqual(all('7443'));
});

it('a port that somebody else has is found before the first change', async () => {
  const undo = await world.edit((spec: Spec) => {
    spec.apiServer = { bindPort: 9443 };
  });
  const free = world.site.faults('cp-2').occupyPort(9443, 'nginx');
  const before = await fingerprint(world.site);
  expectEnd(await world.up(), 1, 'port 9443 is in use by nginx');
  expect(await fingerprint(world.site)).toEqual(before);
  free();
  await undo();
});
