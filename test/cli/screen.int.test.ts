import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { needing } from '../programs/needing.js';
import { screen } from './screen.js';

const { test } = needing('tmux');

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-seen-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const shell = (script: string) => ({ program: ['sh', '-c', script] });

test('a screen has what was written and not erased, where it was written, and gets what is typed', async () => {
  const seen = await screen([], {
    directory: await folder(),
    columns: 20,
    rows: 5,
    ...shell(
      `echo first; printf 'erased\\r\\033[Kkept\\n'; printf 'wrapped at twenty columns '; read -r a; echo "got $a"; exit 7`,
    ),
  });
  expect(await seen.shows('columns')).toEqual(['first', 'kept', 'wrapped at twenty co', 'lumns']);
  expect(await seen.cursor()).toEqual({ column: 6, row: 3 });
  await seen.type('ünder');
  expect(await seen.ended()).toBe(7);
  expect((await seen.lines()).at(-1)).toBe('got ünder');
  expect(await seen.all()).toContain('wrapped at twenty columns ünder');
  expect(await seen.written()).toContain('erased\r\u001b[K');
});

for (const [columns, says] of [
  [40, '10 40'],
  [0, '10 0'],
] as const)
  test(`a program in a screen of ${columns} columns hears of it`, async () => {
    const seen = await screen([], { directory: await folder(), columns, rows: 10, ...shell('stty size') });
    expect(await seen.ended()).toBe(0);
    expect(await seen.lines()).toEqual([says]);
  });

test('Ctrl-C, an end by a signal, and a window that is closed', async () => {
  const directory = await folder();
  const seen = await screen([], { directory, ...shell('echo there; exec cat') });
  await seen.shows('there');
  await seen.press('C-c');
  expect(await seen.ended()).toBe(130);
  const mark = join(directory, 'hung-up');
  const other = await screen([], {
    directory,
    ...shell(`trap ': >${mark}; exit' HUP; echo there; while :; do read -r a || :; done`),
  });
  await other.shows('there');
  await other.hangUp();
  await expect.poll(() => access(mark).then(() => true), { timeout: 30_000 }).toBe(true);
});

test('podstrap itself, in an environment of its own', async () => {
  const seen = await screen(['--version'], { directory: await folder(), environment: { NO_COLOR: '1' } });
  expect(await seen.ended()).toBe(0);
  expect(await seen.lines()).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
});
