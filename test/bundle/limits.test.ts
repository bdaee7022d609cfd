import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { expect, onTestFinished, test } from 'vitest';
import { openCache } from '../../src/bundle/cache.js';
import { isDripping } from '../../src/bundle/fetch/download.js';
import type { Answer } from '../../src/bundle/fetch/http.js';
import { readBody } from '../../src/bundle/fetch/read-body.js';
import { unpack } from '../../src/bundle/unpack.js';

const answer = (body: Iterable<Buffer>): Answer => ({
  url: 'https://mirror.example.com/sums',
  status: 200,
  header: () => undefined,
  body: Readable.from(body),
  drop: () => undefined,
});

function* endless(size: number): Generator<Buffer> {
  for (;;) yield Buffer.alloc(size, 'x');
}

test('a body without end is given up', async () => {
  await expect(readBody(answer(endless(1000)), 1 << 20)).rejects.toMatchObject({
    kind: 'artifact',
    said: expect.stringContaining('more than 1048576 bytes'),
  });
});

test('a body that comes byte by byte is given up after two minutes', async () => {
  let seconds = 0;
  const now = () => 1000 * seconds++;
  await expect(readBody(answer(endless(1)), 1 << 20, undefined, now)).rejects.toMatchObject({
    kind: 'artifact',
    said: 'it is not complete after 120 s',
  });
  expect(seconds).toBeLessThan(130);
});

test.each([
  [60, 10, false],
  [121, 10, true],
  [121, 200_000, false],
  [86_400, 86_400 * 1000, true],
])('%d s with %d bytes: a server that only drips? %s', (seconds, received, dripping) => {
  expect(isDripping(received, seconds)).toBe(dripping);
});

test('an archive that is much larger than it looks is given up, and nothing of it stays', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bomb-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const tar = pack();
  tar.entry({ name: 'bin/containerd', mode: 0o755 }, Buffer.alloc(8 << 20));
  tar.finalize();
  const file = join(directory, 'bomb.tar.gz');
  const bytes = gzipSync(Buffer.concat(await Readable.from(tar).toArray()));
  await writeFile(file, bytes);
  expect(bytes.length).toBeLessThan(20_000);
  const cache = await openCache(join(directory, 'cache'));
  await expect(unpack(file, cache, undefined, 1 << 20)).rejects.toMatchObject({
    kind: 'artifact',
    said: 'it holds more than 1048576 bytes',
  });
  expect(await readdir(join(directory, 'cache', 'blobs', 'sha256'))).toEqual([]);
  expect((await unpack(file, cache, undefined, 16 << 20)).map(({ name }) => name)).toEqual(['containerd']);
});

const withProgram = async (name: string): Promise<Buffer> => {
  const tar = pack();
  tar.entry({ name, mode: 0o755 }, 'x');
  tar.finalize();
  return gzipSync(Buffer.concat(await Readable.from(tar).toArray()));
};

test.each([
  [
    'what is no gzip',
    async () => Buffer.from('<html>Sign in</html>'),
    'it is not a tar.gz file, or it is damaged: ',
  ],
  [
    'what is no tar',
    async () => gzipSync(Buffer.alloc(2048, 'x')),
    'it is not a tar.gz file, or it is damaged: ',
  ],
  [
    'half an archive',
    async () => (await withProgram('a')).subarray(0, 40),
    'it is not a tar.gz file, or it is damaged: ',
  ],
  ['a way up', () => withProgram('bin/..'), 'it holds a program called ".."'],
  ['a line break', () => withProgram('a\nb'), 'it holds a program called "a\\nb"'],
])('%s in the place of an archive is told, and is no defect', async (_title, bytes, said) => {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-unpack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'a.tar.gz');
  await writeFile(file, await bytes());
  const cache = await openCache(join(directory, 'cache'));
  await expect(unpack(file, cache)).rejects.toMatchObject({
    kind: 'artifact',
    said: expect.stringContaining(said),
  });
});
