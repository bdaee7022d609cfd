import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256Of } from '../../src/bundle/cache.js';
import { claimPart } from '../../src/bundle/fetch/part-file.js';
import { bytesOf, contentOf, scratch, type World, world } from './world.js';

const kubelet = '/release/v1.36.3/bin/linux/amd64/kubelet';

const rangesOf = ({ upstream }: World, path: string) =>
  upstream.requests.filter((one) => one.path === path).map(({ range }) => range);

async function kubeletOf(here: World): Promise<Buffer> {
  const artifacts = await here.resolve();
  return contentOf(artifacts, artifacts.list[0]!);
}

test('a download that breaks goes on where it stopped and gets the same bytes', async () => {
  const here = await world({ padding: 300_000, archs: ['amd64'] });
  const file = here.content.files.get(kubelet)!;
  const lengths = fc.array(fc.integer({ min: 1, max: 120_000 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(lengths, async (breaks) => {
      await rm(here.cacheDirectory, { recursive: true, force: true });
      here.upstream.faults.length = 0;
      const before = here.upstream.requests.length;
      const offsets = offsetsAfter(breaks, file.size);
      for (const after of breaks.slice(0, offsets.length - 1))
        here.upstream.faults.push({ path: kubelet, kind: 'break', after, times: 1 });
      expect(sha256Of(await kubeletOf(here))).toBe(await file.sha256());
      const asked = here.upstream.requests.slice(before).filter(({ path }) => path === kubelet);
      expect(asked.map(({ range }) => range)).toEqual(
        offsets.map((offset) => (offset === 0 ? undefined : `bytes=${offset}-`)),
      );
    }),
    { numRuns: 20 },
  );
});

/** Where each request must begin when the connection breaks after these numbers of bytes. */
function offsetsAfter(breaks: readonly number[], size: number): readonly number[] {
  const offsets = [0];
  for (const length of breaks) {
    const next = offsets.at(-1)! + length;
    if (next >= size) break;
    offsets.push(next);
  }
  return offsets;
}

test('a run that failed half-way is continued by the next one', async () => {
  const here = await world({ padding: 300_000, archs: ['amd64'] });
  here.upstream.faults.push({ path: kubelet, kind: 'break', after: 200_000, times: 1 });
  await expect(here.resolve({ retryDelays: [] })).rejects.toMatchObject({ kind: 'artifact' });
  await here.resolve({ retryDelays: [] });
  expect(rangesOf(here, kubelet)).toEqual([undefined, 'bytes=200000-']);
});

test('a run that was left with every byte asks for no more', async () => {
  const here = await world({ padding: 1000, archs: ['amd64'] });
  const file = here.content.files.get(kubelet)!;
  here.upstream.faults.push({ path: kubelet, kind: 'status', status: 503 });
  await expect(here.resolve()).rejects.toThrow();
  here.upstream.faults.length = 0;
  // All bytes but no end: how many there should be is only known to the server.
  const part = await claimPart(join(here.cacheDirectory, 'parts'), await file.sha256());
  await part.append(await bytesOf(file.read(0)));
  await part.release();
  expect(sha256Of(await kubeletOf(here))).toBe(await file.sha256());
  expect(rangesOf(here, kubelet).at(-1)).toBe(`bytes=${file.size}-`);
});

test.each([
  ['other bytes', 500],
  ['more bytes than there are', 5_000_000],
])('%s from an earlier run do not spoil the file', async (_, size) => {
  const here = await world({ padding: 1000, archs: ['amd64'] });
  const file = here.content.files.get(kubelet)!;
  await here.resolve();
  await rm(join(here.cacheDirectory, 'blobs'), { recursive: true });
  const part = await claimPart(join(here.cacheDirectory, 'parts'), await file.sha256());
  await part.append(Buffer.alloc(size, 7));
  await part.release();
  expect(sha256Of(await kubeletOf(here))).toBe(await file.sha256());
});

test('a server without ranges is asked for everything again', async () => {
  const here = await world({ padding: 300_000, archs: ['amd64'] });
  here.upstream.faults.push({ path: kubelet, kind: 'break', after: 200_000, times: 1 });
  here.upstream.faults.push({ path: kubelet, kind: 'no-range' });
  const file = here.content.files.get(kubelet)!;
  expect(sha256Of(await kubeletOf(here))).toBe(await file.sha256());
});

test('a server that never gets further than before is given up', async () => {
  const here = await world({ padding: 300_000, archs: ['amd64'] });
  here.upstream.faults.push({ path: kubelet, kind: 'break', after: 0 });
  await expect(here.resolve()).rejects.toMatchObject({ kind: 'artifact' });
  expect(rangesOf(here, kubelet)).toEqual([undefined, undefined, undefined, undefined]);
});

test('a layer that several images share is fetched once', async () => {
  const here = await world({ archs: ['amd64'] });
  await here.resolve();
  const paths = here.upstream.requests.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
});

test('any single wrong byte in anything that is fetched is found out', async () => {
  const first = await world({ archs: ['amd64'], padding: 200 });
  await first.resolve();
  const sizes = new Map<string, number>();
  for (const { path } of [...first.upstream.requests]) {
    const response = await fetch(first.upstream.url + path, { method: 'HEAD' });
    sizes.set(path, Number(response.headers.get('content-length')));
  }
  // A checksum file may be wrong where it does not matter, such as in a line end; then the result is the right one.
  const paths = [...sizes.keys()].filter((path) => !/sha256(sum)?$/.test(path));
  const place = fc.record({
    path: fc.constantFrom(...paths),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    mask: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(place, async ({ path, at, mask }) => {
      const cacheDirectory = await scratch();
      first.upstream.faults.length = 0;
      first.upstream.faults.push({ path, kind: 'flip', offset: Math.floor(at * sizes.get(path)!), mask });
      await expect(first.resolve({ cacheDirectory })).rejects.toMatchObject({ kind: 'artifact' });
      first.upstream.faults.length = 0;
      const artifacts = await first.resolve({ cacheDirectory });
      for (const one of artifacts.list)
        if (one.kind === 'binary') expect(sha256Of(await contentOf(artifacts, one))).toBe(one.sha256);
    }),
    { numRuns: 30 },
  );
});

test('the cache survives whatever is done to its notes', async () => {
  const here = await world({ archs: ['amd64'] });
  const { list } = await here.resolve();
  const index = join(here.cacheDirectory, 'index');
  const names = await readdir(index);
  const spoils = ['', '{', '[]', '{"value":{"members":[]}}', '{"value":{"blobs":7}}'];
  await Promise.all(names.map((name, at) => writeFile(join(index, name), spoils[at % spoils.length]!)));
  expect((await here.resolve()).list).toEqual(list);
  expect(JSON.parse(await readFile(join(index, names[0]!), 'utf8')).value).toBeDefined();
});

test('what a process that died was unpacking is swept away', async () => {
  const here = await world({ archs: ['amd64'] });
  await here.resolve();
  const parts = join(here.cacheDirectory, 'parts');
  await writeFile(join(parts, `${2 ** 22 + 1}-0.new`), 'half a binary');
  await writeFile(join(parts, '1-0.new'), 'of a living process');
  await here.resolve();
  expect(await readdir(parts)).toEqual(['1-0.new']);
});
