import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Ended } from '../lab/command.js';
import { type Api, apiOf } from './api.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

const before = { kubernetesVersion: 'v1.36.3' };
// A busy machine may take minutes; what does not start is given up when it has crashed often enough, not by time.
const timeouts = { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '5m' };
const next = { kubernetesVersion: 'v1.37.2' };
const to = (versions: object) => (spec: Spec) => void Object.assign(spec, versions);

/** What is asked for, and what the refusal says. Nobody serves the artifacts of these versions. */
const refused = [
  {
    sentence: 'a downgrade by minors',
    versions: { ...before, kubernetesVersion: 'v1.34.1' },
    says: ['would be a downgrade by a minor', 'docs/upgrade.md'],
  },
  {
    sentence: 'an etcd of a minor below',
    versions: { ...before, etcd: { local: { imageTag: '3.5.26-0' } } },
    says: ['would be a downgrade of etcd', 'imageTag'],
  },
  {
    sentence: 'an etcd two minors ahead',
    versions: { ...before, etcd: { local: { imageTag: '3.8.1-0' } } },
    says: ['skips a minor', 'one minor at a time'],
  },
];

const address = '10.20.0.240';
const own = '/etc/kubernetes/manifests/own.yaml';
const ownPod = dump({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'own', namespace: 'default' },
  spec: { containers: [{ name: 'own', image: 'registry.k8s.io/pause:3.10.2' }] },
});

let world: World;
beforeAll(async () => {
  world = await startWorld(3, 2, {
    spec: { ...before, timeouts, virtualAddress: { address }, controlPlaneEndpoint: undefined },
    alsoServe: [next],
  });
  await world.converge();
  writeFileSync(join(world.site.host('w-2').root, own), ownPod);
});
afterAll(() => world.close());

const controlPlanes = ['cp-1', 'cp-2', 'cp-3'];
const all = [...controlPlanes, 'w-1', 'w-2'];
const onHost = (host: string, path: string): string =>
  readFileSync(join(world.site.host(host).root, path), 'utf8');
const image = (host: string, pod: string): string =>
  /image: (\S+)/.exec(onHost(host, `/etc/kubernetes/manifests/${pod}.yaml`))![1]!;
const kubelet = (host: string): string =>
  /v1\.\d+\.\d+/.exec(onHost(host, '/usr/local/bin/kubelet').slice(0, 200))![0];
const versions = () =>
  Object.fromEntries([
    ...controlPlanes.map((host) => [
      host,
      [image(host, 'etcd'), image(host, 'kube-apiserver'), kubelet(host)],
    ]),
    ...['w-1', 'w-2'].map((host) => [host, [kubelet(host)]]),
  ]);
/** Each image that a run told of bringing to a host. */
const imagesTaken = ({ stdout }: Ended): string[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; host: string; step: string })
    .flatMap(({ event, host, step }) =>
      event === 'step' && step.startsWith('import') ? [`${host}: ${step}`] : [],
    );
const snapshots = (): string[] => {
  const folder = join(world.state, 'snapshots');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.db')) : [];
};

/** Names of pods whose predecessor was there when a kubelet wanted to start them: for 10 s and more nobody serves then. */
const late = (): string[] => {
  const said = all.map((host) => onHost(host, '/run/practice/journal/kubelet.service')).join('\n');
  const waited = said.matchAll(/another pod of this name has not ended" pod="[^/]+\/(\S+?)"/g);
  return [...new Set([...waited].map(([, pod]) => pod!))].sort();
};
const holders = () =>
  controlPlanes.filter((host) => existsSync(join(world.site.host(host).root, '/run/practice/taken')));

/** What containers and the kubelet write by themselves is not podstrap's doing. */
const ofPodstrap = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(files).filter(([path]) => !/\/var\/lib\/(kubelet|etcd|containerd)/.test(path)),
  );

async function withApi<T>(host: string, work: (api: Api) => Promise<T>): Promise<T> {
  const api = await apiOf(world, host);
  try {
    return await work(api);
  } finally {
    api.close();
  }
}

it.for(refused)('$sentence is refused before anything is touched', async ({ versions: wanted, says }) => {
  const hosts = await fingerprint(world.site);
  const back = await world.edit(to(wanted));
  try {
    for (const command of [['plan'], ['up', '--yes']])
      expectEnd(await world.podstrap(command), 1, ...says, 'Nothing was changed.');
  } finally {
    await back();
  }
  expect(ofPodstrap(await fingerprint(world.site))).toEqual(ofPodstrap(hosts));
});

it('etcd snapshot saves all of it, for the operator alone', async () => {
  const file = join(world.directory, 'mine.db');
  expectEnd(await world.podstrap(['etcd', 'snapshot', '--out', file]), 0, 'mine.db');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file).includes('/registry/namespaces/kube-system')).toBe(true);
});

it('a component that does not start puts the first node back, and the others never saw it', async () => {
  const was = versions();
  const scheduler = { extraArgs: [{ name: 'no-such-flag', value: 'x' }] };
  const back = await world.edit(to({ ...next, scheduler }));
  const ended = await world.podstrap(['up', '--yes', '-o', 'json']);
  expectEnd(ended, 1, 'kube-scheduler', 'as it was before, and healthy');
  const images = imagesTaken(ended);
  expect(images).toEqual(
    expect.arrayContaining([expect.stringMatching(/^cp-1: .*kube-apiserver:v1\.37\.2/)]),
  );
  expect(images.filter((image, index) => images.indexOf(image) !== index)).toEqual([]);
  await back();
  await world.converge();
  expect(versions()).toEqual(was);
  // Its kubelet has gone up a minor and back: each time all of its pods were other ones.
  expect(late()).toEqual([]);
  expect(holders()).toHaveLength(1);
});

const pods = '/api/v1/namespaces/kube-system/pods';
const podOn = (nodeName: string, name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'kube-system', ...more },
  spec: { nodeName, containers: [{ name: 'pause', image: 'pause' }] },
});
const owned = {
  ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'some', uid: 'u', controller: true }],
};

it('an upgrade is one more difference: everything is of the new versions, and nothing is left to do', async () => {
  const had = snapshots().length;
  const was = versions();
  await withApi('cp-1', async ({ call }) => {
    // Pods have somewhere to go, and of these two one can.
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    expect((await call('PATCH', '/api/v1/nodes/cp-2', { status })).status).toBe(200);
    for (const pod of [podOn('cp-1', 'movable', owned), podOn('cp-1', 'lone')])
      expect((await call('POST', pods, pod)).status).toBe(201);
  });
  await world.edit(to(next));
  const anew = '(a kubelet of another minor version restarts every static pod)';
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    'save a snapshot of etcd on this machine',
    'drain node cp-1',
    'uncordon node w-2',
    /, which has the virtual address: restarts kubelet, etcd, .*, kube-vip\n/,
    /w-1: restarts kubelet, haproxy\n/,
    `switch static pod kube-vip  ${anew}`,
    `switch static pod haproxy  ${anew}`,
    `static pods that are not podstrap’s restart with it, and are not parked: ${own}`,
  );
  // Cut off where the first node has its new kubelet on the disk, and the one before still runs.
  const cutOff = await world.podstrap(['up', '--yes', '-o', 'json'], {
    onStart: (child) =>
      child.stdout?.on('data', (text: string) => {
        if (/"event":"step".*"install \/usr\/local\/bin\/kubelet /.test(text)) child.kill('SIGKILL');
      }),
  });
  expectEnd(cutOff, 137);
  expect(versions()).not.toEqual(was);
  await world.converge();
  expect(late()).toEqual(['own-w-2']);
  expect(onHost('w-2', own)).toBe(ownPod);
  expect(holders()).toHaveLength(1);
  const etcd = image('cp-1', 'etcd');
  expect(etcd).toMatch(/etcd:3\.7\./);
  expect(versions()).toEqual(
    Object.fromEntries(
      all.map((host) => [
        host,
        host.startsWith('cp') ? [etcd, 'registry.k8s.io/kube-apiserver:v1.37.2', 'v1.37.2'] : ['v1.37.2'],
      ]),
    ),
  );
  expect(snapshots()).toHaveLength(had + 2);
  await withApi('cp-2', async (api) => {
    const { body } = await api.call('GET', '/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue');
    expect(body['items']).toEqual([]);
    expect((await api.call('GET', `${pods}/movable`)).status).toBe(404);
    expect((await api.call('GET', `${pods}/lone`)).status).toBe(200);
  });
});
