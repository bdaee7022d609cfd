import { execFileSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectEnd, startWorld, type World } from './world.js';

const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
const present = 'v1.36.3';
const patch = 'v1.36.4';
const next = 'v1.37.2';
const etcdBetween = { etcd: { local: { imageTag: '3.6.11-0' } } };
let world: World;
let requests: number;
const versions = ['--kubernetes-version', `${present},${patch},${next}`];
beforeAll(async () => {
  world = await startWorld(1, 1, {
    alsoServe: [{ kubernetesVersion: patch }, { kubernetesVersion: next }, etcdBetween],
  });
  expectEnd(await world.podstrap(['bundle', 'create', '--arch', arch, '--out', 'good.tar', ...versions]), 0);
  await rm(join(world.directory, 'cache'), { recursive: true });
  requests = world.upstream.requests.length;
});
afterAll(() => world.close());

const up = (bundle: string) => world.podstrap(['up', '--yes', '--bundle', bundle]);

it('a bundle that is signed with the key of the inventory is used', async () => {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: world.directory, stdio: 'ignore' });
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'bundle.key');
  openssl('pkey', '-in', 'bundle.key', '-pubout', '-out', 'bundle.pub');
  await world.edit((spec) => {
    spec.artifacts.bundle = { publicKeyFile: 'bundle.pub' };
  });
  expectEnd(await world.podstrap(['bundle', 'sign', '--key', 'bundle.key', 'good.tar']), 0);
  expectEnd(await up('good.tar'), 0);
});

it('then there is nothing to do, and upstream was never asked', async () => {
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode', '--bundle', 'good.tar']), 0);
  expect(world.upstream.requests.length).toBe(requests);
});

it('status and renewals need nothing but the bundle, either', async () => {
  expectEnd(await world.podstrap(['status', '--bundle', 'good.tar']), 0, 'cp-1');
  const renewal = ['certs', 'renew', 'cp-1/apiserver', '--yes', '--bundle', 'good.tar'];
  expectEnd(await world.podstrap(renewal), 0);
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

it('a patch comes from the bundle, and a rollback brings the one before it back out of the bundle', async () => {
  const manifest = () =>
    readFile(join(world.site.host('cp-1').root, 'etc/kubernetes/manifests/kube-apiserver.yaml'), 'utf8');
  const back = await world.edit((spec) => {
    spec.kubernetesVersion = patch;
  });
  expectEnd(await up('good.tar'), 0);
  expect(await manifest()).toContain(`kube-apiserver:${patch}`);
  expectEnd(await world.podstrap(['rollback', '--yes', '--bundle', 'good.tar']), 0);
  expect(await manifest()).toContain(`kube-apiserver:${present}`);
  await back();
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode', '--bundle', 'good.tar']), 0);
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
  const back = await world.podstrap(['rollback', '--yes', '--bundle', 'good.tar']);
  expectEnd(back, 1, `Kubernetes is at ${next} and was at ${present}: data may be stored in a form`);
  expect(world.upstream.requests.length).toBe(requests);
});

it('and a host is put back without a network', async () => {
  expectEnd(await world.podstrap(['reset', 'w-1', '--yes', '--bundle', 'good.tar']), 0);
  expectEnd(await up('good.tar'), 0);
  expectEnd(await world.podstrap(['reset', '--all', '--yes', '--bundle', 'good.tar']), 0);
  expect(world.upstream.requests.length).toBe(requests);
});
