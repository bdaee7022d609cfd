import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiOf } from './api.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  const timeouts = { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '2m' };
  world = await startWorld(3, 0, { spec: { timeouts } });
  await world.converge();
});
afterAll(() => world.close());

const onHost = (host: string, path: string): string => join(world.site.host(host).root, path);
const apiServer = (host: string): string =>
  readFileSync(onHost(host, '/etc/kubernetes/manifests/kube-apiserver.yaml'), 'utf8');
/** Every certificate of the operator's, by its file. */
const keystore = (): Readonly<Record<string, string>> => {
  const pki = join(world.state, 'pki');
  const files = readdirSync(pki, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.crt'),
  );
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(pki, name), 'utf8')]));
};
const hosts = ['cp-1', 'cp-2', 'cp-3'];
const withFlag = (name: string, value: string) => (spec: Spec) => {
  spec.apiServer = { extraArgs: [{ name, value }] };
};

it('the inventory edited between two runs: the flag rolls out, and is gone again when it is taken back', async () => {
  const back = await world.edit(withFlag('event-ttl', '2h0m0s'));
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, '+', '--event-ttl=2h0m0s');
  await world.converge();
  expect(hosts.filter((host) => !apiServer(host).includes('--event-ttl=2h0m0s'))).toEqual([]);
  await back();
  await world.converge();
  expect(hosts.filter((host) => apiServer(host).includes('--event-ttl'))).toEqual([]);
});

it('labels and annotations that leave the inventory leave the node, and what others set there stays', async () => {
  const api = await apiOf(world, 'cp-1');
  const metadata = async () => (await api.call('GET', '/api/v1/nodes/cp-1')).body['metadata'];
  const back = await world.edit((spec: Spec) => {
    spec.hosts[0].labels = { 'example.com/disk': 'ssd' };
    spec.hosts[0].annotations = { 'example.com/rack': 'a 1' };
  });
  await world.converge();
  const theirs = { labels: { 'example.com/theirs': 'x' } };
  expect((await api.call('PATCH', '/api/v1/nodes/cp-1', { metadata: theirs })).status).toBe(200);
  expect(await metadata()).toMatchObject({
    labels: { 'example.com/disk': 'ssd', 'example.com/theirs': 'x' },
    annotations: { 'example.com/rack': 'a 1' },
  });
  await back();
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, /-\s+example.com\/disk: ssd/);
  await world.converge();
  const left = JSON.stringify({ ...((await metadata()) as object), managedFields: undefined });
  expect(left).toContain('example.com/theirs');
  expect(left).not.toMatch(/example.com\/(disk|rack)/);
  api.close();
});

it('taints follow the inventory, those of others stay, and roles take theirs along', async () => {
  const api = await apiOf(world, 'cp-1');
  const node = async () => (await api.call('GET', '/api/v1/nodes/cp-1')).body;
  const taints = async () => {
    const { spec } = (await node()) as { spec: { taints?: { key: string; value?: string }[] } };
    return (spec.taints ?? []).map(({ key, value }) => (value ? `${key}=${value}` : key)).sort();
  };
  const own = 'node-role.kubernetes.io/control-plane';
  expect(await taints()).toEqual([own]);
  const { metadata, spec } = (await node()) as { metadata: object; spec: { taints: object[] } };
  const theirs = { key: 'example.com/maintenance', effect: 'NoSchedule' };
  expect(metadata).toMatchObject({ annotations: { 'podstrap.io/taints': `${own}:NoSchedule` } });
  await api.call('PATCH', '/api/v1/nodes/cp-1', { spec: { taints: [...spec.taints, theirs] } });
  const back = await world.edit((wanted: Spec) => {
    wanted.hosts[0].taints = [{ key: 'example.com/for', value: 'db', effect: 'NoSchedule' }];
  });
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    /\+\s+(- )?key: example.com\/for/,
    /-\s+(- )?key: node-role.kubernetes.io\/control-plane/,
  );
  await world.converge();
  expect(await taints()).toEqual(['example.com/for=db', 'example.com/maintenance']);
  // Taken away by hand, it comes back.
  await api.call('PATCH', '/api/v1/nodes/cp-1', { spec: { taints: [theirs] } });
  await world.converge();
  expect(await taints()).toEqual(['example.com/for=db', 'example.com/maintenance']);
  await back();
  await world.edit((wanted: Spec) => {
    wanted.hosts[0].roles = ['control-plane', 'worker'];
  });
  await world.converge();
  expect(await taints()).toEqual(['example.com/maintenance']);
  await back();
  await world.converge();
  expect(await taints()).toEqual(['example.com/maintenance', own]);
  api.close();
});

it('a bad flag is undone on the first node, and the others never saw it', async () => {
  const before = hosts.map(apiServer);
  for (const host of hosts) world.site.faults(host).unknownFlag('audit-log-path');
  const back = await world.edit(withFlag('audit-log-path', '-'));
  expectEnd(await world.up(), 1, 'kube-apiserver', 'as it was before, and healthy', '→');
  expect(hosts.map(apiServer)).toEqual(before);
  for (const host of hosts) world.site.faults(host).clear();
  await back();
  await world.converge();
});

it('a member that lost its data leaves and joins again; it is never a new cluster', async () => {
  await world.site.powerCut('cp-2');
  await rm(onHost('cp-2', '/var/lib/etcd'), { recursive: true });
  await world.site.powerOn('cp-2');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, 'cp-2', /learner/);
  await world.converge();
  expectEnd(await world.podstrap(['status']), 0, 'cp-2');
});

it('reset refuses what would cost etcd its quorum', async () => {
  await world.site.powerCut('cp-3');
  expectEnd(await world.podstrap(['reset', 'cp-2', '--yes']), 1, 'no quorum', '→');
  await world.site.powerOn('cp-3');
  await world.converge();
});

it('reset of one of three: its member leaves first, and up brings it back', async () => {
  expectEnd(await world.podstrap(['reset', 'cp-3', '--yes']), 0);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, /learner/);
  await world.converge();
});

it('reset of a host that does not answer: it leaves the cluster, whatever else the inventory asks, and may come back', async () => {
  await world.site.powerCut('cp-3');
  const back = await world.edit((spec: Spec) => {
    spec.clusterName = 'other';
  });
  expectEnd(
    await world.podstrap(['reset', 'cp-3', '--yes']),
    75,
    'cp-3',
    'its member has left etcd',
    'nothing was deleted on the host itself',
    '→ When it answers, run the same reset again',
  );
  await back();
  await world.site.powerOn('cp-3');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, 'cp-3', /learner/);
  await world.converge();
});

it('a control plane that is down is skipped, and said: the rest is done, and trying again is what is left', async () => {
  await world.site.powerCut('cp-3');
  const back = await world.edit((spec: Spec) => {
    spec.hosts[0].labels = { 'example.com/rack': 'a' };
  });
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    'update Node cp-1',
    'Not looked at: cp-3.',
  );
  expectEnd(await world.up(), 75, 'cp-3: warning: skipped', 'Not reached, and not changed: cp-3');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 75, 'not looked at: cp-3');
  await world.site.powerOn('cp-3');
  await back();
  await world.converge();
});

it.for<readonly [string, (spec: Spec) => void, string]>([
  [
    'another service subnet',
    (spec) => {
      spec.networking = { serviceSubnet: '172.20.0.0/16' };
    },
    'spec.networking.serviceSubnet was 10.96.0.0/12',
  ],
  [
    'another data directory of etcd',
    (spec) => {
      spec.etcd = { local: { dataDir: '/srv/etcd' } };
    },
    'spec.etcd.local.dataDir was /var/lib/etcd',
  ],
  [
    'a control plane that becomes a worker',
    (spec) => {
      spec.hosts[2].roles = ['worker'];
    },
    '`podstrap reset cp-3`',
  ],
])(
  'an inventory that a live cluster cannot take is refused before anything is touched: %s',
  async ([, change, says]) => {
    const back = await world.edit(change);
    const before = await fingerprint(world.site);
    const keys = keystore();
    expectEnd(await world.podstrap(['plan']), 1, says, 'Nothing was changed', '→');
    expectEnd(await world.up(), 1, says);
    expect(await fingerprint(world.site)).toEqual(before);
    expect(keystore()).toEqual(keys);
    const status = await world.podstrap(['status']);
    expect(`${status.stdout}${status.stderr}`).toContain('Comparing the ');
    await back();
  },
);
