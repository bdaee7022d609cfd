import { execFileSync } from 'node:child_process';
import { open, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';
import { expectEnd, startWorld, type World } from './world.js';

const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
const present = 'v1.36.3';
const next = 'v1.37.2';
const etcdBetween = { etcd: { local: { imageTag: '3.6.11-0' } } };
let world: World;
let requests: number;
const versions = ['--kubernetes-version', `${present},${next}`];
beforeAll(async () => {
  world = await startWorld(1, 1, { alsoServe: [{ kubernetesVersion: next }, etcdBetween] });
  for (const out of ['good.tar', 'damaged.tar', 'short.tar'])
    expectEnd(await world.podstrap(['bundle', 'create', '--arch', arch, '--out', out, ...versions]), 0);
  await rm(join(world.directory, 'cache'), { recursive: true });
  requests = world.upstream.requests.length;
});
afterAll(() => world.close());

const up = (bundle: string) => world.podstrap(['up', '--yes', '--bundle', bundle]);

/** That a bundle is refused so, before anything changes on any host. */
async function expectRefusal(bundle: string, ...says: readonly (string | RegExp)[]): Promise<void> {
  const before = await fingerprint(world.site);
  expectEnd(await up(bundle), 1, ...says, '→');
  expect(await fingerprint(world.site)).toEqual(before);
}

it('a bundle with one wrong bit is refused, and what is damaged is named', async () => {
  const file = await open(join(world.directory, 'damaged.tar'), 'r+');
  const { size } = await file.stat();
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, size - 20_000);
  byte[0]! ^= 4;
  await file.write(byte, 0, 1, size - 20_000);
  await file.close();
  await expectRefusal('damaged.tar', 'damaged');
});

it('a bundle that is cut off is refused', async () => {
  await truncate(join(world.directory, 'short.tar'), 30_000);
  await expectRefusal('short.tar', 'cut off');
});

it('where the inventory names a key, a bundle without its signature is refused, and one that is signed is used', async () => {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: world.directory, stdio: 'ignore' });
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'bundle.key');
  openssl('pkey', '-in', 'bundle.key', '-pubout', '-out', 'bundle.pub');
  await world.edit((spec) => {
    spec.artifacts.bundle = { publicKeyFile: 'bundle.pub' };
  });
  await expectRefusal('good.tar', 'not signed');
  expectEnd(await world.podstrap(['bundle', 'sign', '--key', 'bundle.key', 'good.tar']), 0);
  expectEnd(await up('good.tar'), 0);
});

it('then there is nothing to do, and upstream was never asked', async () => {
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode', '--bundle', 'good.tar']), 0);
  expect(world.upstream.requests.length).toBe(requests);
});

it('an image whose content is gone comes back with the next up', async () => {
  const { root } = world.site.host('cp-1');
  await rm(join(root, 'var/lib/containerd/practice/content'), { recursive: true });
  const plan = ['plan', '--detailed-exitcode', '--bundle', 'good.tar'];
  expectEnd(await world.podstrap(plan), 2, /import .*etcd.*blobs are gone from containerd/);
  expectEnd(await up('good.tar'), 0);
  expectEnd(await world.podstrap(plan), 0);
  expect(world.upstream.requests.length).toBe(requests);
});

it('the next version comes from the same bundle, and the etcd that it asks for in between', async () => {
  const between = await world.edit((spec) => void Object.assign(spec, etcdBetween));
  expectEnd(await up('good.tar'), 0);
  await between();
  await world.edit((spec) => {
    spec.kubernetesVersion = next;
  });
  expectEnd(await up('good.tar'), 0);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode', '--bundle', 'good.tar']), 0);
  const { root } = world.site.host('cp-1');
  const manifest = await readFile(join(root, 'etc/kubernetes/manifests/kube-apiserver.yaml'), 'utf8');
  expect(manifest).toContain(`kube-apiserver:${next}`);
  expect(world.upstream.requests.length).toBe(requests);
});
