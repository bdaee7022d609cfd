import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { identityOf } from '../../src/bundle/file/contents.js';
import { bundleArtifacts, openBundle } from '../../src/bundle/file/open-bundle.js';
import { type WriteOptions, writeBundle } from '../../src/bundle/file/write-bundle.js';
import type { Artifacts } from '../../src/desired/artifact.js';
import { bytesOf, contentOf, inventoryWith, scratch, world } from './world.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function written(artifacts: Artifacts, more: Partial<WriteOptions> = {}) {
  const out = join(await scratch(), 'b.tar');
  return { out, ...(await writeBundle(artifacts, { out, created: 0, ...more })) };
}

test('what is put into a bundle comes out of it, to the byte', async () => {
  const { resolve, inventory } = await world({ padding: 3000 });
  const cached = await resolve({ archs: ['amd64', 'arm64'] });
  const { out, digest, sha256: whole, size } = await written(cached);
  const bytes = await readFile(out);
  expect({ size: bytes.length, whole: sha256(bytes) }).toEqual({ size, whole });
  const bundle = await openBundle(out);
  expect(bundle.digest).toBe(digest);
  const unordered = (list: Artifacts['list']) => new Map(list.map((one) => [identityOf(one), one]));
  expect(unordered(bundle.list)).toEqual(unordered(cached.list));
  const carried = bundleArtifacts(bundle, inventory, ['arm64', 'amd64']);
  expect(unordered(carried.list)).toEqual(unordered(cached.list));
  for (const one of carried.list) {
    const open = (artifacts: Artifacts) => contentOf(artifacts, one);
    expect((await open(carried)).equals(await open(cached))).toBe(true);
  }
});

test('the same artifacts give the same file, whatever their order, and the time is what was asked for', async () => {
  const { resolve } = await world();
  const { list, place } = await resolve({ archs: ['amd64', 'arm64'] });
  const one = await written({ list, place });
  const other = await written({ list: list.toReversed(), place });
  expect(other.sha256).toBe(one.sha256);
  const later = await written({ list, place }, { created: 1_700_000_000 });
  expect(later.sha256).not.toBe(one.sha256);
  expect((await openBundle(later.out)).created).toBe(1_700_000_000);
});

test('any reader of tars finds the layout of OCI, each blob once and under its own digest', async () => {
  const { resolve } = await world({ padding: 700 });
  const { out } = await written(await resolve({ archs: ['amd64', 'arm64'] }));
  const files = new Map<string, Buffer>();
  for await (const entry of createReadStream(out).pipe(extract())) {
    expect(entry.header).toMatchObject({ type: 'file', mode: 0o644, uid: 0, gid: 0, uname: '', gname: '' });
    expect(files.has(entry.header.name)).toBe(false);
    files.set(entry.header.name, await bytesOf(entry as AsyncIterable<Uint8Array>));
  }
  expect([...files.keys()].slice(0, 3)).toEqual(['oci-layout', 'index.json.sha256', 'index.json']);
  expect(files.get('index.json.sha256')!.toString()).toBe(
    `${sha256(files.get('index.json')!)}  index.json\n`,
  );
  for (const [name, bytes] of [...files].slice(3)) expect(name).toBe(`blobs/sha256/${sha256(bytes)}`);
});

test('a blob that changed in the cache is not carried, and nothing half-done is left', async () => {
  const { resolve } = await world();
  const artifacts = await resolve();
  const kubelet = artifacts.list.find((one) => one.kind === 'binary' && one.name === 'kubelet') as never;
  const { file } = artifacts.place((kubelet as { sha256: string }).sha256);
  const content = await readFile(file);
  content[0]! ^= 1;
  await writeFile(file, content);
  const directory = await scratch();
  await expect(writeBundle(artifacts, { out: join(directory, 'b.tar'), created: 0 })).rejects.toMatchObject({
    kind: 'artifact',
    doing: `Reading ${file}`,
  });
  expect(await readdir(directory)).toEqual([]);
});

test('what a bundle lacks is named: an architecture, a version, an image', async () => {
  const { resolve, inventory } = await world({ archs: ['amd64'] });
  const { out } = await written(await resolve());
  const bundle = await openBundle(out);
  const saidFor = (spec: object, archs: readonly ('amd64' | 'arm64')[] = ['amd64']) => {
    try {
      bundleArtifacts(bundle, inventoryWith({ ...spec }), archs);
      return undefined;
    } catch (error) {
      return (error as { said: string }).said;
    }
  };
  expect(bundleArtifacts(bundle, inventory, ['amd64']).list.length).toBe(bundle.list.length);
  expect(saidFor({}, ['amd64', 'arm64'])).toBe('it holds nothing for arm64, only for amd64');
  expect(saidFor({ kubernetesVersion: 'v1.37.2' })).toBe('it holds Kubernetes v1.36.3, not v1.37.2');
  expect(saidFor({ etcd: { local: { imageTag: '3.6.9-0' } } })).toBe(
    'it lacks registry.k8s.io/etcd:3.6.9-0 amd64',
  );
  expect(saidFor({ artifacts: { versions: { runc: '1.0.0' } } })).toBe('it lacks runc v1.0.0 amd64');
});
