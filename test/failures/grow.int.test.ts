import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiOf } from './api.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
/** Every host of the inventory, as it was at first. */
let all: readonly Spec[];

beforeAll(async () => {
  world = await startWorld(4, 2, { spec: { networking: { plugin: 'routes', podSubnet: '10.244.0.0/16' } } });
  await world.edit((spec: Spec) => {
    all = spec.hosts;
    // The first control plane, wherever it is, until it leaves.
    delete spec.controlPlaneEndpoint;
  });
});
afterAll(() => world.close());

/** The inventory has these hosts and no others. */
const have = (...names: string[]) =>
  world.edit((spec: Spec) => {
    spec.hosts = names.map((name) => all.find((host) => host.name === name));
  });
const isEmpty = (host: string): boolean =>
  ![
    '/var/lib/etcd',
    '/etc/kubernetes/kubelet.conf',
    '/var/lib/podstrap',
    '/usr/local/sbin/podstrap-network',
  ].some((path) => existsSync(join(world.site.host(host).root, path)));

/** What is in the cluster, through one control plane. */
async function cluster(through: string) {
  const api = await apiOf(world, through);
  try {
    const { body } = await api.call('GET', '/api/v1/nodes');
    const nodes = (body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
    const status = await world.podstrap(['status', '-o', 'json']);
    const { etcd } = JSON.parse(status.stdout) as { etcd: { name: string; role: string }[] };
    return { nodes: nodes.sort(), members: etcd.map(({ name }) => name).sort() };
  } finally {
    api.close();
  }
}

it('one control plane gets two more and two workers: nothing that ran is restarted, and no host gets a turn for it', async () => {
  await have('cp-1');
  await world.converge();
  await have('cp-1', 'cp-2', 'cp-3', 'w-1', 'w-2');
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    '1. What hosts know about each other, all at once\n  cp-1',
    /^2\. cp-2$/m,
    /^3\. cp-3$/m,
    /^4\. New workers, all at once$/m,
    'nothing that runs is restarted',
  );
  await world.converge();
  expect(await cluster('cp-3')).toEqual({
    nodes: ['cp-1', 'cp-2', 'cp-3', 'w-1', 'w-2'],
    members: ['cp-1', 'cp-2', 'cp-3'],
  });
});

it('a worker leaves: drained, put back, and taken out of the API, when nobody needs the volume that is on it alone', async () => {
  const api = await apiOf(world, 'cp-1');
  const expression = { key: 'kubernetes.io/hostname', operator: 'In', values: ['w-2'] };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'local-1' },
    spec: {
      claimRef: { namespace: 'shop', name: 'data' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } },
    },
  };
  expect((await api.call('POST', '/api/v1/persistentvolumes', volume)).status).toBe(201);
  api.close();
  await have('cp-1', 'cp-2', 'cp-3', 'w-1');
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    /w-2 leaves\n\s+~ drain node w-2\s+\(it is no longer in spec.hosts\)\n\s+- reset the host/,
    'delete Node w-2, the only one with volume local-1 (claim shop/data)',
  );
  const before = await fingerprint(world.site);
  expectEnd(
    await world.up(),
    64,
    'w-2: local-1 (claim shop/data)',
    'Nothing was changed',
    '--give-up-volumes',
  );
  expect(await fingerprint(world.site)).toEqual(before);
  expectEnd(await world.podstrap(['up', '--yes', '--give-up-volumes']), 0);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  expect((await cluster('cp-1')).nodes).toEqual(['cp-1', 'cp-2', 'cp-3', 'w-1']);
  expect(isEmpty('w-2')).toBe(true);
});

it('a dead worker leaves, and what was not done on it is said', async () => {
  await world.site.powerCut('w-1');
  await have('cp-1', 'cp-2', 'cp-3');
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    /delete Node w-1\s+\(.*cannot be reached/,
  );
  expectEnd(await world.up(), 0, /w-1: warning: it has left the cluster, and nothing was deleted on it/);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  expect((await cluster('cp-1')).nodes).toEqual(['cp-1', 'cp-2', 'cp-3']);
});

it.for<readonly [string, string | undefined, readonly string[], string]>([
  ['every one of them', undefined, ['cp-4'], 'no control plane would stay'],
  [
    'one that lives while another is away',
    'cp-3',
    ['cp-1', 'cp-3'],
    'only 1 of 2 etcd members would vote: no quorum',
  ],
  [
    'none, but one more while one is away',
    'cp-3',
    ['cp-1', 'cp-2', 'cp-3', 'cp-4'],
    'no new member while cp-3 does not vote',
  ],
])(
  'control planes whose leaving would cost quorum stay, and nothing is touched: %s',
  async ([, away, hosts, says]) => {
    if (away) await world.site.powerCut(away);
    await have(...hosts);
    const before = await fingerprint(world.site);
    expectEnd(await world.podstrap(['plan']), 1, says, 'Nothing was changed', '→');
    expectEnd(await world.up(), 1, says);
    expect(await fingerprint(world.site)).toEqual(before);
    if (away) await world.site.powerOn(away);
    await have('cp-1', 'cp-2', 'cp-3');
    await world.converge();
  },
);

it('the dead first control plane is replaced by one of another name: its member goes first, and the endpoint moves on', async () => {
  await world.site.powerCut('cp-1');
  await have('cp-2', 'cp-3', 'cp-4', 'w-2');
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    /^1\. Lost members of etcd\n\s+cp-1\n\s+- remove etcd member cp-1\s+\(it does not vote/m,
    'add etcd member cp-4 as a learner',
  );
  await world.converge();
  expect(await cluster('cp-4')).toEqual({
    nodes: ['cp-2', 'cp-3', 'cp-4', 'w-2'],
    members: ['cp-2', 'cp-3', 'cp-4'],
  });
  expectEnd(await world.podstrap(['kubeconfig', '--stdout']), 0, `https://${all[1].advertiseAddress}:6443`);
});

it('the first, back with all that was on it, is taken in as a new member, and never is a cluster of its own', async () => {
  await world.site.powerOn('cp-1');
  await have('cp-1', 'cp-2', 'cp-3', 'cp-4', 'w-2');
  await world.converge();
  expect((await cluster('cp-1')).members).toEqual(['cp-1', 'cp-2', 'cp-3', 'cp-4']);
});

it('from four to one in one run, a control plane after another; interrupted in the middle, up goes on', async () => {
  await have('cp-1', 'w-2');
  const child: ChildProcess[] = [];
  let said = '';
  const cut = await world.up({
    onStart: (process) => void child.push(process),
    onOutput: (text) => {
      said += text;
      if (/^\S+: has left/m.test(said) || /^cp-\d: leave: has left/m.test(said)) child[0]?.kill('SIGKILL');
    },
  });
  expect(cut.code, cut.stdout + cut.stderr).toBe(137);
  await world.converge();
  expect(await cluster('cp-1')).toEqual({ nodes: ['cp-1', 'w-2'], members: ['cp-1'] });
  for (const host of ['cp-2', 'cp-3', 'cp-4']) expect(isEmpty(host)).toBe(true);
});

it('the last worker leaves: drained onto the control plane that is left, put back, and nothing is left to do', async () => {
  await have('cp-1');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, 'drain node w-2', 'delete Node w-2');
  expectEnd(await world.podstrap(['up', '--yes', '--give-up-volumes']), 0);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  expect(await cluster('cp-1')).toEqual({ nodes: ['cp-1'], members: ['cp-1'] });
  expect(isEmpty('w-2')).toBe(true);
  await have('cp-1', 'w-2');
  await world.converge();
  expect((await cluster('cp-1')).nodes).toEqual(['cp-1', 'w-2']);
});
