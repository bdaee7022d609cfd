import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { type Api, apiOf } from './api.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

const controlPlanes = ['cp-1', 'cp-2', 'cp-3'];
const flag = '--kubelet-certificate-authority=';

let world: World;
beforeAll(async () => {
  world = await startWorld(3, 1, { spec: { kubelet: { config: { serverTLSBootstrap: true } } } });
  await world.converge();
  // As an earlier podstrap left its hosts: every kubelet has signed for itself.
  const { certificate, key } = selfSigned();
  for (const host of [...controlPlanes, 'w-1']) {
    write(host, 'crt', certificate);
    write(host, 'key', key);
  }
});
afterAll(() => world.close());

const path = (host: string, ending: string): string =>
  join(world.site.host(host).root, `/var/lib/kubelet/pki/kubelet.${ending}`);
const write = (host: string, ending: string, text: string) => {
  writeFileSync(path(host, ending), text);
  chmodSync(path(host, ending), 0o644);
};
const isOwnSigned = (host: string) => readFileSync(path(host, 'crt'), 'utf8') === selfSigned().certificate;
const checking = () =>
  controlPlanes.filter((host) =>
    readFileSync(
      join(world.site.host(host).root, '/etc/kubernetes/manifests/kube-apiserver.yaml'),
      'utf8',
    ).includes(flag),
  );
const logOf = (host: string) => `/api/v1/namespaces/kube-system/pods/kube-scheduler-${host}/log`;
const serveFromTheKeystore = () =>
  world.edit((spec: Spec) => {
    spec.kubelet = {};
  });

it('a user who has kubelets ask for their certificates gets API servers that do not check them', () => {
  expect(checking()).toEqual([]);
});

it('while a kubelet cannot be given its certificate, API servers do not begin to check', async () => {
  await serveFromTheKeystore();
  await world.site.powerCut('w-1');
  expectEnd(await world.up(), 75, 'Not reached, and not changed: w-1');
  expect(checking()).toEqual([]);
  expect(controlPlanes.filter(isOwnSigned)).toEqual([]);
  await world.site.powerOn('w-1');
});

it('a change of only some hosts does not begin it either', async () => {
  expectEnd(await world.podstrap(['up', '--yes', '--limit', 'w-1']), 0);
  expect(isOwnSigned('w-1')).toBe(false);
  expect(checking()).toEqual([]);
});

it('every kubelet has its certificate before the first API server checks it: logs never fail for it', async () => {
  const { certificate, key } = selfSigned();
  for (const host of controlPlanes) {
    write(host, 'crt', certificate);
    write(host, 'key', key);
  }
  const plan = await world.podstrap(['plan']);
  expectEnd(plan, 0, 'Serving certificates of kubelets, all hosts at once');
  const apis = await Promise.all(controlPlanes.map((host) => apiOf(world, host)));
  const run = world.up().then((ended) => ({ ended }));
  const distrusted: string[] = [];
  let read = 0;
  for (;;) {
    const done = await Promise.race([run, turn(undefined)]);
    for (const api of apis)
      for (const host of controlPlanes) {
        const { status, body } = await logFrom(api, host);
        if (status === 200) read++;
        if (body.includes('certificate')) distrusted.push(body);
      }
    if (done === undefined) continue;
    expectEnd(done.ended, 0);
    break;
  }
  for (const api of apis) api.close();
  expect(distrusted).toEqual([]);
  expect(read).toBeGreaterThan(0);
  expect(checking()).toEqual(controlPlanes);
  await world.converge();
});

/** An API server that is being changed does not answer. */
const logFrom = (api: Api, host: string) => api.read(logOf(host)).catch(() => ({ status: 0, body: '' }));

it('API servers tell a kubelet that is not the cluster’s, and the next run mends it', async () => {
  const { certificate, key } = selfSigned();
  write('cp-2', 'crt', certificate);
  write('cp-2', 'key', key);
  const api = await apiOf(world, 'cp-1');
  expect(await api.read(logOf('cp-2'))).toMatchObject({
    status: 500,
    body: expect.stringContaining('failed to verify certificate'),
  });
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    'cp-2',
    '/var/lib/kubelet/pki/kubelet.crt',
  );
  await world.converge();
  expect((await api.read(logOf('cp-2'))).status).toBe(200);
  api.close();
});
