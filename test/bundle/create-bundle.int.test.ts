import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { identityOf } from '../../src/bundle/file/contents.js';
import { diffBundles } from '../../src/bundle/file/diff-bundles.js';
import { mergeBundles } from '../../src/bundle/file/merge-bundles.js';
import { bundleArtifacts, openBundle } from '../../src/bundle/file/open-bundle.js';
import { readProvenance } from '../../src/bundle/file/provenance.js';
import { verifyBundle } from '../../src/bundle/file/verify-bundle.js';
import type { Artifact } from '../../src/desired/artifact.js';
import {
  inventoryMirrors,
  practiceContent,
  startUpstream,
  together,
  type Upstream,
} from '../../src/practice/upstream/upstream.js';
import { type CreateBundle, createBundle } from '../../src/stories/create-bundle.js';
import { needing } from '../programs/needing.js';
import { bytesOf, inventoryWith, readBlob, scratch } from './world.js';

const versions = ['v1.36.3', 'v1.37.2'] as const;
/** The release of etcd by way of which 3.7 is reached; that of 1.36 itself. */
const etcdBetween = { etcd: { local: { imageTag: '3.6.11-0' } } };
const address = '10.0.0.1';
const hosts = [{ name: 'a', address, advertiseAddress: address, roles: ['control-plane'] }];
let upstream: Upstream;

beforeAll(async () => {
  const contents = await Promise.all(
    [...versions.map((kubernetesVersion) => ({ kubernetesVersion })), etcdBetween].map((spec) =>
      practiceContent(inventoryWith(spec), { padding: 2000 }),
    ),
  );
  upstream = await startUpstream(together(contents));
  return () => upstream.close();
});

async function site(spec: Readonly<Record<string, unknown>> = {}) {
  const directory = await scratch();
  await mkdir(join(directory, 'out'));
  const artifacts = { ...(spec['artifacts'] as object), ...inventoryMirrors(upstream.url) };
  const inventory = {
    ...inventoryWith({ hosts, ...spec, artifacts }, directory),
    file: join(directory, 'cluster.yaml'),
  };
  await writeFile(inventory.file, 'stands for the inventory');
  const out = (name: string) => join(directory, 'out', name);
  const create = (name: string, more: Partial<CreateBundle> = {}) =>
    createBundle({
      inventory,
      archs: ['amd64'],
      versions: ['v1.36.3'],
      out: out(name),
      created: 0,
      cacheDirectory: join(directory, 'cache'),
      environment: {},
      retryDelays: [],
      operator: 'ann@desk',
      podstrap: '0.1.0',
      now: () => new Date('2026-11-24T10:00:00Z'),
      ...more,
    });
  return { inventory, out, create };
}

const identities = (list: readonly Artifact[]) => list.map(identityOf).sort();

test('a bundle holds several versions and architectures; each is enough for its hosts', async () => {
  const { create, inventory } = await site();
  const { out, artifacts } = await create('b.tar', { versions, archs: ['amd64', 'arm64'] });
  const bundle = await verifyBundle(out);
  expect(bundle.list.length).toBe(artifacts);
  for (const kubernetesVersion of versions) {
    const wanted = { ...inventory, spec: { ...inventory.spec, kubernetesVersion } };
    const { list } = bundleArtifacts(bundle, wanted, ['amd64', 'arm64']);
    const kubelets = list.filter((one) => one.kind === 'binary' && one.name === 'kubelet');
    expect(kubelets).toMatchObject([
      { version: kubernetesVersion, arch: 'amd64' },
      { version: kubernetesVersion, arch: 'arm64' },
    ]);
  }
  const between = { ...inventory, spec: { ...inventory.spec, etcd: inventoryWith(etcdBetween).spec.etcd } };
  expect(identities(bundleArtifacts(bundle, between, ['amd64']).list)).toContain(
    'registry.k8s.io/etcd:3.6.11-0 amd64',
  );
  // containerd, runc, CNI plugins and pause belong to both versions.
  const runc = bundle.list.filter((one) => one.kind === 'binary' && one.name === 'runc');
  expect(runc.length).toBe(2);
});

test('made again from the same inputs it is the same file; who made it lies beside it', async () => {
  const { create } = await site();
  const one = await create('one.tar');
  const other = await create('other.tar', { operator: 'bob@laptop', now: () => new Date() });
  expect((await readFile(other.out)).equals(await readFile(one.out))).toBe(true);
  const provenance = await readProvenance(one.out, one.digest);
  expect(provenance).toMatchObject({
    subject: [{ name: 'one.tar', digest: { sha256: one.sha256 } }, { name: 'index.json' }],
    predicate: {
      buildDefinition: {
        internalParameters: { operator: 'ann@desk' },
        externalParameters: { cluster: 'test' },
      },
      runDetails: { metadata: { finishedOn: '2026-11-24T10:00:00.000Z' } },
    },
  });
  expect(await readFile(one.out, 'latin1')).not.toContain('ann@desk');
  expect(await readProvenance(one.out, `sha256:${'0'.repeat(64)}`)).toBe(undefined);
});

test('an image that only a patch names is missed before anything is written', async () => {
  const { create, inventory, out } = await site();
  const content = { spec: { containers: [{ name: 'kube-scheduler', image: 'example.com/scheduler:v1' }] } };
  const patches = [{ target: 'kube-scheduler', type: 'strategic', file: 'p.yaml', content }] as const;
  await expect(create('b.tar', { inventory: { ...inventory, patches } })).rejects.toMatchObject({
    kind: 'artifact',
    said: 'missing: example.com/scheduler:v1 (amd64)',
  });
  expect(await readdir(join(out('.')))).toEqual([]);
});

test('a program that only a unit names is missed, too', async () => {
  const { create } = await site({
    kubelet: { unit: { Service: { ExecStart: '/usr/local/bin/wrapped-kubelet' } } },
  });
  await expect(create('b.tar')).rejects.toMatchObject({
    said: expect.stringContaining('/usr/local/bin/wrapped-kubelet (amd64)'),
  });
});

describe('deltas', () => {
  test('a delta holds only what its base lacks, and is of no use alone', async () => {
    const { create, inventory } = await site();
    const old = await create('old.tar');
    const delta = await create('delta.tar', { versions: ['v1.37.2'], base: old.out });
    const whole = await create('whole.tar', { versions: ['v1.37.2'] });
    const bundle = await verifyBundle(delta.out);
    expect(bundle.base?.digest).toBe(old.digest);
    expect(delta.size).toBeLessThan(whole.size);
    const held = new Set((await openBundle(old.out)).blobs.keys());
    const leaves = [...bundle.blobs.values()].filter(({ name }) => !bundle.documents.has(name));
    expect(leaves.filter(({ sha256 }) => held.has(sha256))).toEqual([]);
    expect(() => bundleArtifacts(bundle, inventory, ['amd64'])).toThrow('it is a delta');
    await expect(create('d2.tar', { base: delta.out })).rejects.toThrow('it is a delta');
  });

  test('a bundle merged with its delta is the bundle of both, to the byte', async () => {
    const { create, out } = await site();
    const old = await create('old.tar');
    const delta = await create('delta.tar', { versions: ['v1.37.2'], base: old.out });
    const both = await create('both.tar', { versions });
    const [one, other] = [await openBundle(old.out), await openBundle(delta.out)];
    for (const [first, second, name] of [
      [one, other, 'm1.tar'],
      [other, one, 'm2.tar'],
    ] as const) {
      const merged = await mergeBundles(first, second, { out: out(name) });
      expect(merged).toMatchObject({ digest: both.digest, sha256: both.sha256 });
    }
  });

  test('a delta of another bundle is refused', async () => {
    const { create, out } = await site();
    const old = await create('old.tar');
    const delta = await create('delta.tar', { versions: ['v1.37.2'], base: old.out });
    const stranger = await create('stranger.tar', { archs: ['arm64'] });
    const [one, other] = [await openBundle(stranger.out), await openBundle(delta.out)];
    expect(() => mergeBundles(one, other, { out: out('m.tar') })).toThrow('is a delta of another bundle');
    expect(() => mergeBundles(other, other, { out: out('m.tar') })).toThrow('it is a delta');
  });
});

test('two bundles are compared by what they hold', async () => {
  const { create } = await site();
  const one = await openBundle((await create('one.tar')).out);
  const other = await openBundle((await create('other.tar', { versions: ['v1.37.2'] })).out);
  const diff = diffBundles(one.list, other.list);
  expect(identities(diff.added)).toContain('kubelet v1.37.2 amd64');
  expect(identities(diff.removed)).toContain('kubelet v1.36.3 amd64');
  expect(diff.same + diff.added.length).toBe(other.list.length);
  expect(diffBundles(one.list, one.list)).toMatchObject({ added: [], removed: [], changed: [], more: 0 });
  const moved = one.list.map((artifact) =>
    artifact.kind === 'binary' ? { ...artifact, mode: 0o700 } : artifact,
  );
  expect(diffBundles(one.list, moved).changed.length).toBe(
    one.list.filter(({ kind }) => kind === 'binary').length,
  );
});

test('the bill of materials lists everything, and is the same each time', async () => {
  const { create } = await site();
  const { out } = await create('b.tar', { archs: ['amd64', 'arm64'] });
  const bundle = await openBundle(out);
  const index = JSON.parse(bundle.documents.get('index.json')!.toString());
  const entry = index.manifests.find((one: { artifactType?: string }) =>
    one.artifactType?.includes('cyclonedx'),
  );
  const manifest = JSON.parse(bundle.documents.get(`blobs/${entry.digest.replace(':', '/')}`)!.toString());
  const { digest, size } = manifest.layers[0];
  const sbom = JSON.parse((await bytesOf(readBlob({ sha256: digest.slice(7), size }, bundle))).toString());
  expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  expect(sbom.components.length).toBe(bundle.list.length);
  const kubelet = sbom.components.find((one: { name: string }) => one.name === 'kubelet');
  expect(kubelet.purl).toMatch(/^pkg:generic\/kubelet@v1\.36\.3\?/);
});

needing('skopeo').test('skopeo reads images and binaries of it', async () => {
  const { create } = await site();
  const { out } = await create('b.tar', { archs: ['amd64', 'arm64'] });
  const bundle = await openBundle(out);
  const skopeo = (...args: string[]) =>
    execFileSync('skopeo', ['--insecure-policy', ...args], { stdio: 'pipe' });
  for (const arch of ['amd64', 'arm64'] as const) {
    const copy = `${out}.${arch}`;
    const source = `oci-archive:${out}:registry.k8s.io/kube-apiserver:v1.36.3`;
    skopeo('copy', '--override-os', 'linux', '--override-arch', arch, source, `dir:${copy}`);
    const image = bundle.list.find(
      (one) => one.kind === 'image' && one.arch === arch && one.ref.includes('kube-apiserver'),
    ) as Extract<Artifact, { kind: 'image' }>;
    const files = await readdir(copy);
    for (const { sha256 } of image.blobs.slice(1)) expect(files).toContain(sha256);
  }
  const raw = skopeo('inspect', '--raw', `oci-archive:${out}:kubelet-v1.36.3-amd64`);
  const kubelet = bundle.list.find((one) => identityOf(one) === 'kubelet v1.36.3 amd64') as {
    sha256: string;
  };
  expect(JSON.parse(raw.toString()).layers[0].digest).toBe(`sha256:${kubelet.sha256}`);
});
