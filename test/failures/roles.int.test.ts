import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { login } from '../practice/client.js';
import { apiOf } from './api.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 2, { spec: { networking: { plugin: 'routes', podSubnet: '10.244.0.0/16' } } });
  await world.converge();
});
afterAll(() => world.close());

const give = (name: string, ...roles: string[]) =>
  world.edit((spec: Spec) => {
    spec.hosts.find((host: Spec) => host.name === name).roles = roles;
  });
const has = (host: string, path: string): boolean => existsSync(join(world.site.host(host).root, path));
/** Programs that listen at the port of the API, on a host. */
async function atApiPort(host: string): Promise<readonly string[]> {
  const ssh = await login(world.site.host(host), world.site.identityFile);
  try {
    const { stdout } = await ssh.run('ss -Hltnp');
    return [...stdout.matchAll(/:6443 .*users:\(\("([^"]+)"/g)].map(([, by]) => by!);
  } finally {
    ssh.close();
  }
}
async function cluster(through: string) {
  const api = await apiOf(world, through);
  try {
    const { body } = await api.call('GET', '/api/v1/nodes');
    const nodes = body['items'] as { metadata: { name: string; labels: Record<string, string> } }[];
    const status = JSON.parse((await world.podstrap(['status', '-o', 'json'])).stdout) as {
      healthy: boolean;
      etcd: { name: string }[];
    };
    return {
      healthy: status.healthy,
      members: status.etcd.map(({ name }) => name).sort(),
      planes: nodes
        .filter(({ metadata }) => metadata.labels['node-role.kubernetes.io/control-plane'] !== undefined)
        .map(({ metadata }) => metadata.name)
        .sort(),
    };
  } finally {
    api.close();
  }
}

it('a worker becomes a control plane: its balancer lets the port go before the API server takes it', async () => {
  expect(await atApiPort('w-1')).toEqual(['haproxy']);
  await give('w-1', 'control-plane');
  await world.converge();
  expect(await atApiPort('w-1')).toEqual(['kube-apiserver']);
  expect(has('w-1', `${paths.manifests}/haproxy.yaml`)).toBe(false);
  expect(await cluster('w-1')).toEqual({ healthy: true, members: ['cp-1', 'w-1'], planes: ['cp-1', 'w-1'] });
});

it('the operator is killed while the balancer goes: up goes on from there', async () => {
  await give('w-2', 'control-plane');
  const child: ChildProcess[] = [];
  let said = '';
  const cut = await world.up({
    onStart: (process) => void child.push(process),
    onOutput: (text) => {
      said += text;
      if (/w-2.*changing|roll out.*w-2/.test(said)) child[0]?.kill('SIGKILL');
    },
  });
  expect(cut.code, cut.stdout + cut.stderr).toBe(137);
  await world.converge();
  expect(await atApiPort('w-2')).toEqual(['kube-apiserver']);
  expect(await cluster('w-2')).toMatchObject({ healthy: true, members: ['cp-1', 'w-1', 'w-2'] });
});

it('a balancer that an earlier podstrap left at the port goes with the next run', async () => {
  await world.podstrap(['reset', 'w-2', '--yes']);
  await give('w-2', 'worker');
  await world.converge();
  expect(await atApiPort('w-2')).toEqual(['haproxy']);
  // Its manifest is taken away while its kubelet, started anew, does not see the API.
  const ssh = await login(world.site.host('w-2'), world.site.identityFile);
  await world.site.powerCut('cp-1');
  await world.site.powerCut('w-1');
  await ssh.run(`systemctl restart kubelet.service; rm -f "$R${paths.manifests}/haproxy.yaml"`);
  ssh.close();
  await give('w-2', 'control-plane');
  await Promise.all(['cp-1', 'w-1'].map((host) => world.site.powerOn(host)));
  await world.converge();
  expect(await atApiPort('w-2')).toEqual(['kube-apiserver']);
});

it('a control plane becomes a worker as the refusal says: it leaves, and comes back', async () => {
  await give('w-2', 'worker');
  expectEnd(await world.up(), 1, 'no longer a control plane there', '`podstrap reset w-2`');
  await give('w-2', 'control-plane');
  expectEnd(await world.podstrap(['reset', 'w-2', '--yes']), 0);
  await give('w-2', 'worker');
  await world.converge();
  expect(await atApiPort('w-2')).toEqual(['haproxy']);
  expect(has('w-2', '/var/lib/etcd')).toBe(false);
  expect(await cluster('cp-1')).toEqual({ healthy: true, members: ['cp-1', 'w-1'], planes: ['cp-1', 'w-1'] });
});

it('up with nothing to do ends with 0 only where all is healthy', async () => {
  world.site.faults('w-1').component('kube-scheduler', { neverReady: true });
  await expect.poll(async () => (await world.podstrap(['status'])).code, { timeout: 60_000 }).toBe(1);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  expectEnd(await world.up(), 1, 'Looking at its health', /w-1/, /kube-scheduler/);
  world.site.faults('w-1').clear();
  expectEnd(await world.up(), 0, 'Nothing to do');
});
