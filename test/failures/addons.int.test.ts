import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, apiOf } from './api.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
let api: Api;
const pause = 'registry.k8s.io/pause:3.10.2';

beforeAll(async () => {
  world = await startWorld(1);
});
afterAll(async () => {
  api?.close();
  await world.close();
});

const settings = (color: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { color },
});
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crates.shop.example.com' },
  spec: {
    group: 'shop.example.com',
    scope: 'Namespaced',
    names: { plural: 'crates', singular: 'crate', kind: 'Crate' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};
const crate = {
  apiVersion: 'shop.example.com/v1',
  kind: 'Crate',
  metadata: { name: 'first', namespace: 'shop' },
  size: 3,
};
const web = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
  },
});
const password = (word: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'word', namespace: 'shop' },
  stringData: { word },
});

/** Writes a manifest of several documents into the addon's folder. */
async function manifest(name: string, ...objects: readonly object[]): Promise<void> {
  await mkdir(join(world.directory, 'shop'), { recursive: true });
  await writeFile(join(world.directory, 'shop', name), objects.map((one) => dump(one)).join('---\n'));
}
const withAddon = (spec: Spec) => {
  spec.addons = [{ name: 'shop', path: 'shop' }];
};
const crates = '/apis/shop.example.com/v1/namespaces/shop/crates';

it('an addon comes with the cluster: what others need first, then the rest, and nothing is left to do', async () => {
  // The custom resource stands before its definition, and both before their namespace.
  await manifest('a.yaml', crate, settings('blue'), password('open sesame'));
  await manifest('b.yaml', definition, web(pause), namespace);
  await world.edit(withAddon);
  expectEnd(await world.podstrap(['plan']), 0, 'create Crate.shop.example.com shop/first');
  await world.converge();
  api = await apiOf(world, 'cp-1');
  expect((await api.call('GET', `${crates}/first`)).body).toMatchObject({ size: 3 });
  expect((await api.call('GET', '/api/v1/namespaces/shop/secrets/word')).body).toMatchObject({
    data: { word: Buffer.from('open sesame').toString('base64') },
  });
});

it('a change is shown against what the API has, applied, and taken back again when somebody else changes it', async () => {
  await manifest('a.yaml', crate, settings('red'), password('open sesame'));
  const plan = await world.podstrap(['plan', '--detailed-exitcode']);
  expectEnd(plan, 2, 'update ConfigMap shop/settings', /-\s+color: blue/, /\+\s+color: red/);
  expect(plan.stdout).not.toContain('podstrap.io/manifest');
  expectEnd(await world.up(), 0);
  const path = '/api/v1/namespaces/shop/configmaps/settings';
  await api.call('PATCH', path, { data: { color: 'green', theirs: 'x' } });
  expectEnd(await world.up(), 0, 'Done: 1 change');
  expect((await api.call('GET', path)).body).toMatchObject({ data: { color: 'red', theirs: 'x' } });
});

it('a field that leaves a manifest leaves the object', async () => {
  const { data: _, ...bare } = settings('red');
  await manifest('a.yaml', crate, { ...bare, data: { size: '1' } }, password('open sesame'));
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 2, /-\s+color: red/);
  expectEnd(await world.up(), 0);
  const { body } = await api.call('GET', '/api/v1/namespaces/shop/configmaps/settings');
  expect(body['data']).toEqual({ size: '1', theirs: 'x' });
});

it('nothing of a Secret is shown, neither in plans nor in files of them', async () => {
  await manifest('a.yaml', crate, settings('red'), password('another word'));
  const file = join(world.directory, 'plan.json');
  const plan = await world.podstrap(['plan', '--out', file]);
  expectEnd(plan, 0, 'update Secret shop/word', 'not shown');
  for (const word of ['open sesame', 'another word'])
    for (const hidden of [word, Buffer.from(word).toString('base64')])
      expect(`${plan.stdout}${plan.stderr}`).not.toContain(hidden);
  expectEnd(await world.podstrap(['up', '--plan', file]), 0);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
});

it('an addon that does not run is told of, with what its pods say; the control plane is done', async () => {
  await world.edit((spec) => {
    spec.timeouts.addons = '1s';
    spec.apiServer = { extraArgs: [{ name: 'event-ttl', value: '2h0m0s' }] };
  });
  await manifest('b.yaml', definition, web('registry.k8s.io/pause:absent'), namespace);
  const ended = await world.up();
  expectEnd(
    ended,
    1,
    'Waiting for Deployment shop/web of addon shop',
    'web waits: ImagePullBackOff',
    'The control plane is done',
    'an addon mentions the image registry.k8s.io/pause:absent amd64, which hosts do not get',
  );
  expectEnd(
    await world.podstrap(['status']),
    0,
    '✔ kube-proxy  DaemonSet kube-system/kube-proxy  runs',
    '✖ shop  Deployment shop/web  does not run as wanted: 0 of 1 pods run as wanted',
    'web waits: ImagePullBackOff',
  );
  expect(JSON.parse((await world.podstrap(['status', '-o', 'json'])).stdout)).toMatchObject({
    healthy: true,
    addons: [
      { name: 'kube-proxy', of: 'podstrap', workloads: [{ state: 'well' }] },
      { name: 'coredns', of: 'podstrap', workloads: [{ state: 'well' }] },
      {
        name: 'shop',
        of: 'inventory',
        objects: 6,
        workloads: [
          { object: 'CustomResourceDefinition crates.shop.example.com', state: 'well' },
          { object: 'Deployment shop/web', state: 'not-well' },
        ],
      },
    ],
  });
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0, 'Nothing to do');
  await manifest('b.yaml', definition, web(pause), namespace);
});

it('a kind that nobody defines is refused before anything is touched', async () => {
  await manifest('c.yaml', { ...crate, kind: 'Barrel' });
  expectEnd(
    await world.up(),
    64,
    'shop/c.yaml:1: Barrel.shop.example.com shop/first: nothing defines the kind Barrel',
    'Nothing was changed',
  );
  await rm(join(world.directory, 'shop', 'c.yaml'));
});

it('what left the manifests is removed, and nothing that podstrap did not make', async () => {
  const theirs = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'before', namespace: 'default' } };
  await api.call('POST', '/api/v1/namespaces/default/configmaps', { ...theirs, data: { a: '1' } });
  await manifest('c.yaml', { ...theirs, data: { a: '2' } });
  expectEnd(await world.up(), 0);
  await rm(join(world.directory, 'shop', 'c.yaml'));
  await manifest('a.yaml', crate, settings('red'));
  const plan = await world.podstrap(['plan', '--detailed-exitcode']);
  expectEnd(plan, 2, 'remove Secret shop/word  (it was taken off spec.addons)');
  expect(plan.stdout).not.toContain('remove ConfigMap default/before');
  await world.converge();
  expect((await api.call('GET', '/api/v1/namespaces/shop/secrets/word')).status).toBe(404);
  expect((await api.call('GET', '/api/v1/namespaces/default/configmaps/before')).body).toMatchObject({
    data: { a: '2' },
  });
});

it('an addon that leaves the inventory takes everything with it, from the record in the cluster', async () => {
  // Another operator, who has only the inventory.
  await rm(join(world.directory, 'shop'), { recursive: true });
  await world.edit((spec) => {
    delete spec.addons;
  });
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    'remove Namespace shop  (it was taken off spec.addons; everything in it goes with it)',
    'remove CustomResourceDefinition crates.shop.example.com',
  );
  await world.converge();
  for (const path of [
    '/api/v1/namespaces/shop',
    `${crates}/first`,
    '/api/v1/namespaces/kube-system/configmaps/podstrap-addons',
  ])
    expect((await api.call('GET', path)).status, path).toBe(404);
});

it('objects whose kind was deleted by somebody are gone with it', async () => {
  await manifest('a.yaml', namespace, definition, crate);
  const back = await world.edit(withAddon);
  expectEnd(await world.up(), 0);
  await api.call('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/crates.shop.example.com');
  await back();
  expectEnd(await world.up(), 0, 'Done: 2 changes');
});

it('kube-proxy and CoreDNS go when they are switched off, and come back', async () => {
  const back = await world.edit((spec) => {
    spec.kubeProxy = { disabled: true };
    spec.dns = { disabled: true };
  });
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    'remove DaemonSet kube-system/kube-proxy  (the inventory switches it off)',
    'remove Deployment kube-system/coredns',
  );
  await world.converge();
  const addons = '/apis/apps/v1/namespaces/kube-system';
  expect((await api.call('GET', `${addons}/daemonsets/kube-proxy`)).status).toBe(404);
  expect((await api.call('GET', `${addons}/deployments/coredns`)).status).toBe(404);
  await back();
  expectEnd(await world.up(), 0);
  expect((await api.call('GET', `${addons}/deployments/coredns`)).status).toBe(200);
});
