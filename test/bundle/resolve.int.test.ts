import { createHash } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharedReads } from '../../src/bundle/shared-reads.js';
import { Failure } from '../../src/failure.js';
import { bytesOf, contentOf, nameOf, readBlob, world } from './world.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('everything that a host needs is found, with where it goes', async () => {
  const { resolve } = await world();
  const { list } = await resolve();
  expect(list.map(nameOf)).toEqual([
    '/usr/local/bin/kubelet',
    '/usr/local/bin/kubectl',
    '/usr/local/bin/containerd',
    '/usr/local/bin/ctr',
    '/usr/local/bin/containerd-shim-runc-v2',
    '/usr/local/sbin/runc',
    ...['bandwidth', 'bridge', 'firewall', 'host-device', 'host-local', 'loopback', 'portmap', 'ptp'].map(
      (name) => `/opt/cni/bin/${name}`,
    ),
    'registry.k8s.io/kube-apiserver:v1.36.3',
    'registry.k8s.io/kube-controller-manager:v1.36.3',
    'registry.k8s.io/kube-scheduler:v1.36.3',
    'registry.k8s.io/etcd:3.6.11-0',
    'registry.k8s.io/pause:3.10.2',
    'registry.k8s.io/kube-proxy:v1.36.3',
    'registry.k8s.io/coredns/coredns:v1.14.2',
  ]);
});

test('the bytes of a binary have its digest and size', async () => {
  const { resolve } = await world();
  const artifacts = await resolve();
  for (const binary of artifacts.list.filter((one) => one.kind === 'binary')) {
    const bytes = await contentOf(artifacts, binary);
    expect({ sha256: sha256(bytes), size: bytes.length }).toEqual({
      sha256: binary.sha256,
      size: binary.size,
    });
    expect(bytes.toString()).toContain(`"${binary.name} ${binary.version} linux/amd64`);
  }
});

test('an image is its manifest first, then its configuration and layers, each with its digest', async () => {
  const { resolve } = await world({ padding: 5000 });
  const artifacts = await resolve();
  const image = artifacts.list.find((one) => one.kind === 'image')!;
  const contents = await Promise.all(image.blobs.map((blob) => bytesOf(readBlob(blob, artifacts))));
  expect(contents.map((bytes) => ({ sha256: sha256(bytes), size: bytes.length }))).toEqual(image.blobs);
  expect(`sha256:${image.blobs[0]!.sha256}`).toBe(image.digest);
  const { mediaType, config, layers } = JSON.parse(contents[0]!.toString());
  expect(mediaType).toBe(image.mediaType);
  expect(image.blobs.slice(1).map((blob) => `sha256:${blob.sha256}`)).toEqual(
    [config, ...layers].map(({ digest }) => digest),
  );
  expect(image.blobs.reduce((sum, { size }) => sum + size, 0)).toBe(image.size);
});

test('reading an image may be given up half-way', async () => {
  const { resolve } = await world({ padding: 3_000_000, archs: ['amd64'] });
  const artifacts = await resolve();
  const image = artifacts.list.find((one) => one.kind === 'image')!;
  const largest = [...image.blobs].sort((a, b) => b.size - a.size)[0]!;
  const reads = sharedReads(artifacts);
  for await (const piece of reads.read(largest, 100)) {
    expect(piece.length).toBe((1 << 20) - 100);
    break;
  }
  await reads.close();
});

test('what is in the cache is not asked for again', async () => {
  const { resolve, upstream } = await world();
  const first = await resolve();
  const asked = upstream.requests.length;
  const second = await resolve();
  expect(second.list).toEqual(first.list);
  expect(upstream.requests.length).toBe(asked);
  const image = second.list.find((one) => one.kind === 'image')!;
  expect((await contentOf(second, image)).equals(await contentOf(first, image))).toBe(true);
});

test('without network the cache is enough, and nothing else is', async () => {
  const { resolve } = await world();
  await expect(resolve({ offline: true })).rejects.toMatchObject({ failures: { length: 12 } });
  await resolve();
  expect((await resolve({ offline: true })).list.length).toBe(21);
});

test('a file in the cache that was changed is found out and fetched again', async () => {
  const { resolve, cacheDirectory, upstream } = await world();
  const { list } = await resolve();
  const kubelet = list.find((one) => one.kind === 'binary' && one.name === 'kubelet')!;
  const path = join(cacheDirectory, 'blobs', 'sha256', (kubelet as { sha256: string }).sha256);
  await writeFile(path, 'tampered');
  const asked = upstream.requests.length;
  const again = await resolve();
  expect(sha256(await contentOf(again, kubelet))).toBe((kubelet as { sha256: string }).sha256);
  expect(upstream.requests.slice(asked).map(({ path }) => path)).toEqual([
    '/release/v1.36.3/bin/linux/amd64/kubelet.sha256',
    '/release/v1.36.3/bin/linux/amd64/kubelet',
  ]);
});

test('a file in the cache that was only touched is hashed and kept', async () => {
  const { resolve, cacheDirectory, upstream } = await world();
  const { list } = await resolve();
  const asked = upstream.requests.length;
  for (const one of list)
    if (one.kind === 'binary') await utimes(join(cacheDirectory, 'blobs', 'sha256', one.sha256), 1, 1);
  expect((await resolve()).list).toEqual(list);
  expect(upstream.requests.length).toBe(asked);
});

test('both architectures are fetched side by side, each with its own bytes', async () => {
  const { resolve } = await world();
  const { list } = await resolve({ archs: ['amd64', 'arm64', 'amd64'] });
  expect(list.length).toBe(42);
  const digests = list.map((one) => (one.kind === 'binary' ? one.sha256 : one.digest));
  expect(new Set(digests).size).toBe(42);
});

test('progress tells each artifact from its first to its last byte', async () => {
  const { resolve } = await world({ padding: 3_000_000, archs: ['amd64'] });
  const told = new Map<string, { received: number; total: number | undefined }[]>();
  await resolve({
    onProgress: ({ artifact, received, total }) => {
      told.set(artifact, [...(told.get(artifact) ?? []), { received, total }]);
    },
  });
  expect(told.size).toBe(12);
  for (const events of told.values()) {
    expect(events.length).toBeGreaterThan(3);
    expect(events.at(-1)!.received).toBe(events.at(-1)!.total);
    const received = events.map((event) => event.received);
    expect(received).toEqual([...received].sort((a, b) => a - b));
  }
});

test('several runs may fill one cache at the same time', async () => {
  const { resolve } = await world({ padding: 100_000 });
  const [one, two, three] = await Promise.all([resolve(), resolve(), resolve()]);
  expect(two.list).toEqual(one.list);
  expect(three.list).toEqual(one.list);
});

test('a stop that is asked for is not a failure of the network', async () => {
  const { resolve, upstream } = await world({ padding: 2_000_000, archs: ['amd64'] });
  upstream.faults.push({ path: /kubelet$/, kind: 'slow', pauseMs: 5 });
  const stop = new AbortController();
  const running = resolve({
    signal: stop.signal,
    onProgress: ({ artifact, received }) => {
      if (artifact.startsWith('kubelet') && received > 0) stop.abort();
    },
  });
  const error = await running.catch((reason) => reason);
  expect(error).toBeInstanceOf(Failure);
  expect(error.kind).toBe('interrupted');
});
