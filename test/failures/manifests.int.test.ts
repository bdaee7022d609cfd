import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { apiOf } from './api.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1);
  await mkdir(join(world.directory, 'net'));
  await network('one');
  await write('shop.yaml', workload('Deployment', 'shop'));
});
afterAll(() => world.close());

const write = (name: string, ...objects: object[]) =>
  writeFile(join(world.directory, name), objects.map((one) => dump(one)).join('---\n'));
const workload = (kind: string, name: string, note = '') => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name }, annotations: { note } },
      spec: { containers: [{ name, image: 'registry.k8s.io/pause:3.10.2' }] },
    },
  },
});
const network = (note: string) => write('net/daemon.yaml', workload('DaemonSet', 'net', note));
const has = (host: string, path: string) => existsSync(join(world.site.host(host).root, path));
const notReady = 'the node is not ready: container runtime network not ready';

it('a cluster that lives with a network of somebody else’s takes up manifests', async () => {
  await world.edit((spec) => {
    spec.networking = { plugin: 'none', podSubnet: '10.244.0.0/16' };
  });
  await world.converge();
  await world.edit((spec) => {
    spec.timeouts.addons = '2s';
    spec.networking = { plugin: 'manifests', podSubnet: '10.244.0.0/16' };
    spec.addons = [
      { name: 'shop', path: 'shop.yaml' },
      { name: 'net', path: 'net', network: true },
    ];
  });
  expectEnd(await world.podstrap(['plan']), 0, 'create DaemonSet default/net');
});

it('the network comes before all other addons, and the hosts get none of podstrap’s own; that it connects nobody is told', async () => {
  const ended = await world.podstrap(['up', '--yes', '-o', 'json']);
  // On practice hosts no pod runs that could.
  expectEnd(ended, 1, 'Waiting for nodes to be ready, whose pods are connected by net', `cp-1: ${notReady}`);
  const steps = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; step?: string })
    .flatMap(({ event, step }) => (event === 'step' && /default\//.test(step ?? '') ? [step] : []));
  expect(steps).toEqual(['create DaemonSet default/net', 'create Deployment default/shop']);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  for (const host of ['cp-1', 'w-1']) {
    expect(has(host, paths.podNetworkConfig)).toBe(false);
    expect(has(host, '/usr/local/sbin/podstrap-network')).toBe(false);
    expect(has(host, '/opt/cni/bin/bridge')).toBe(true);
  }
  // By the kubeconfig that this run has written: the control plane stands.
  const api = await apiOf(world, 'cp-1');
  const { body } = await api.call('GET', '/api/v1/nodes/w-1');
  // The controller manager gives networks out, and nobody else.
  expect(body['spec']).not.toHaveProperty('podCIDR');
  api.close();
});

it('it is changed by its manifest', async () => {
  await network('two');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, 'update DaemonSet default/net');
  expectEnd(await world.up(), 1, `w-1: ${notReady}`);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
});

it('what does not change the network waits for nobody', async () => {
  await write('shop.yaml', workload('Deployment', 'shop', 'two'));
  await world.converge();
});

it('what the manifests do not connect is told by the check, which ends with 1', async () => {
  const checked = await world.podstrap(['check', '--wait', '1s']);
  expectEnd(checked, 1, notReady);
});
