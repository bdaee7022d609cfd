import { createHash } from 'node:crypto';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimPart } from '../../src/bundle/fetch/part-file.js';
import { scratch } from './world.js';

const content = Buffer.from('hello world');
const sha256 = createHash('sha256').update(content).digest('hex');
/** Larger than any process id that Linux gives. */
const nobody = 2 ** 22 + 1;

test('what one claim wrote, the next one continues', async () => {
  const directory = await scratch();
  const first = await claimPart(directory, sha256);
  await first.append(content.subarray(0, 5));
  await first.release();
  const second = await claimPart(directory, sha256);
  expect(second.size).toBe(5);
  expect(second.inherited).toBe(true);
  await second.append(content.subarray(5));
  expect(second.digest()).toBe(sha256);
  await second.finish();
  expect(await readFile(second.path)).toEqual(content);
  await second.release();
});

test('a part that someone writes at this moment is left to him', async () => {
  const directory = await scratch();
  const first = await claimPart(directory, sha256);
  await first.append(content.subarray(0, 5));
  const second = await claimPart(directory, sha256);
  expect(second.size).toBe(0);
  await Promise.all([first.release(), second.release()]);
});

test('a part of another living process is left to it, one of a dead process is taken', async () => {
  const directory = await scratch();
  await writeFile(join(directory, `${sha256}.1-0.part`), 'hel');
  const first = await claimPart(directory, sha256);
  expect(first.inherited).toBe(false);
  await writeFile(join(directory, `${sha256}.${nobody}-0.part`), 'hello ');
  const second = await claimPart(directory, sha256);
  expect(second.size).toBe(6);
  await Promise.all([first.discard(), second.discard()]);
  expect(await readdir(directory)).toEqual([`${sha256}.1-0.part`]);
});

test('a restart forgets all bytes', async () => {
  const part = await claimPart(await scratch(), sha256);
  await part.append(Buffer.from('something much longer than the content'));
  await part.restart();
  await part.append(content);
  expect(part.digest()).toBe(sha256);
  await part.finish();
  expect(await readFile(part.path)).toEqual(content);
  await part.release();
});

test('a full disk is told as such, with what to do', async () => {
  const directory = await scratch();
  for (let n = 0; n < 50; n++) await symlink('/dev/full', join(directory, `full.${process.pid}-${n}.part`));
  const part = await claimPart(directory, 'full');
  await expect(part.append(content)).rejects.toMatchObject({
    kind: 'artifact',
    said: 'no space left on this machine',
    next: expect.stringContaining('cacheDirectory'),
  });
  await part.release();
});

test('a directory that is not there is told', async () => {
  await expect(claimPart('/nonexistent/parts', sha256)).rejects.toMatchObject({ kind: 'artifact' });
});
