import { createHash, randomBytes } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mergeBundles } from '../../src/bundle/file/merge-bundles.js';
import { openBundle } from '../../src/bundle/file/open-bundle.js';
import { verifyBundle } from '../../src/bundle/file/verify-bundle.js';
import { writeBundle } from '../../src/bundle/file/write-bundle.js';
import { packBinaries } from '../../src/bundle/pack-binaries.js';
import { sharedReads } from '../../src/bundle/shared-reads.js';
import type { Artifacts, BinaryArtifact } from '../../src/desired/artifact.js';
import { bytesOf, contentOf, scratch } from './world.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const program = (word: string, size: number): Buffer =>
  Buffer.from(Array.from({ length: size / 8 }, (_, at) => `${word}${at * 7919},`).join('')).subarray(0, size);

const contents: Readonly<Record<string, Buffer>> = {
  kubelet: program('kubelet', 2_700_000),
  // Exactly as long as the parts that it is compressed in.
  runc: program('runc', 2 << 20),
  noise: randomBytes(300_000),
  secret: program('of the operator alone', 100_000),
};

async function site(): Promise<{ artifacts: Artifacts; folder: string; cache: string }> {
  const folder = await scratch();
  const list = await Promise.all(
    Object.entries(contents).map(async ([name, bytes]): Promise<BinaryArtifact> => {
      await writeFile(join(folder, sha256(bytes)), bytes);
      const [path, size] = [`/usr/local/bin/${name}`, bytes.length];
      return {
        kind: 'binary',
        name,
        version: 'v1',
        arch: 'amd64',
        path,
        mode: 0o755,
        sha256: sha256(bytes),
        size,
      };
    }),
  );
  await chmod(join(folder, sha256(contents['secret']!)), 0o600);
  return {
    folder,
    cache: join(folder, 'cache'),
    artifacts: { list, place: (digest) => ({ file: join(folder, digest), start: 0 }) },
  };
}

async function create({ artifacts, cache, folder }: Awaited<ReturnType<typeof site>>, name = 'b.tar') {
  const packed = await packBinaries(artifacts, cache);
  const place = (digest: string) =>
    artifacts.list.some((one) => one.kind === 'binary' && one.sha256 === digest)
      ? artifacts.place(digest)
      : { file: join(cache, 'blobs', 'sha256', digest), start: 0 };
  const out = join(folder, name);
  await writeBundle({ list: artifacts.list, packed, place }, { out, created: 0 });
  return { out, packed };
}

test('what gets smaller lies compressed in a bundle, and comes out as it was, from any byte on', async () => {
  const here = await site();
  const { out } = await create(here);
  const bundle = await verifyBundle(out);
  const names = new Map(Object.entries(contents).map(([name, bytes]) => [sha256(bytes), name]));
  expect([...bundle.packed.keys()].map((digest) => names.get(digest)).sort()).toEqual(['kubelet', 'runc']);
  for (const [digest, { size }] of bundle.packed)
    expect(size).toBeLessThan(contents[names.get(digest)!]!.length / 2);
  const reads = sharedReads(bundle);
  for (const artifact of bundle.list) {
    const bytes = contents[(artifact as BinaryArtifact).name]!;
    expect((await contentOf(bundle, artifact)).equals(bytes)).toBe(true);
    for (const from of [0, 1, 1 << 20, 1_500_000, bytes.length]) {
      const blob = artifact as BinaryArtifact;
      if (from > bytes.length) continue;
      expect((await bytesOf(reads.read(blob, from))).equals(bytes.subarray(from))).toBe(true);
    }
  }
  await reads.close();
});

test('compressed once, it is compressed no more, and gives the same file', async () => {
  const here = await site();
  const one = await create(here);
  const stored = join(here.cache, 'blobs', 'sha256', one.packed.get(sha256(contents['kubelet']!))!.sha256);
  const { mtimeMs } = await stat(stored);
  const other = await create(here, 'other.tar');
  expect((await readFile(other.out)).equals(await readFile(one.out))).toBe(true);
  expect((await stat(stored)).mtimeMs).toBe(mtimeMs);
});

test('a bundle of the first format is read as before, and takes what a new one has', async () => {
  const here = await site();
  const before = join(here.folder, 'before.tar');
  await writeBundle(here.artifacts, { out: before, created: 0 });
  const { members } = await openBundle(before);
  const [, sum, index] = members;
  const bytes = await readFile(before);
  const text = bytes.toString('latin1', index!.offset, index!.offset + index!.size);
  bytes.write(text.replace('bundle.version":"2"', 'bundle.version":"1"'), index!.offset, 'latin1');
  bytes.write(sha256(bytes.subarray(index!.offset, index!.offset + index!.size)), sum!.offset);
  await writeFile(before, bytes);
  const old = await verifyBundle(before);
  expect(old.packed.size).toBe(0);
  for (const artifact of old.list)
    expect((await contentOf(old, artifact)).equals(contents[(artifact as BinaryArtifact).name]!)).toBe(true);
  const made = await create(here);
  const merged = join(here.folder, 'merged.tar');
  await mergeBundles(old, await openBundle(made.out), { out: merged });
  const both = await verifyBundle(merged);
  expect(both.packed).toEqual(made.packed);
  for (const artifact of both.list)
    expect((await contentOf(both, artifact)).equals(contents[(artifact as BinaryArtifact).name]!)).toBe(true);
});

test('damage of a compressed program is told with its name', async () => {
  const { out } = await create(await site());
  const { packed, blobs } = await openBundle(out);
  const { sha256: stored } = packed.get(sha256(contents['runc']!))!;
  const bytes = await readFile(out);
  bytes[blobs.get(stored)!.offset + 1000]! ^= 1;
  await writeFile(out, bytes);
  await expect(verifyBundle(out)).rejects.toMatchObject({
    kind: 'artifact',
    said: expect.stringContaining(`runc v1 amd64 (blobs/sha256/${stored})`),
  });
});

test('a part that unpacks to more than it may is refused, not unpacked', async () => {
  const { gzipSync } = await import('node:zlib');
  const folder = await scratch();
  const bomb = gzipSync(Buffer.alloc(50 << 20));
  await writeFile(join(folder, 'bomb'), bomb);
  const reads = sharedReads({
    list: [],
    place: () => ({ file: join(folder, 'bomb'), start: 0, members: [bomb.length] }),
  });
  const blob = { sha256: 'a'.repeat(64), size: 1 << 20 };
  await expect(bytesOf(reads.read(blob, 0))).rejects.toMatchObject({ kind: 'artifact' });
  await reads.close();
});
