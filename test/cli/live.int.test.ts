import { afterAll, beforeAll, expect } from 'vitest';
import { startWorld, type World } from '../failures/world.js';
import { needing } from '../programs/needing.js';
import { type Screen, type ScreenOptions, screen } from './screen.js';

const { test } = needing('tmux');

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1);
});
afterAll(() => world.close());

const start = (words: readonly string[], options: Omit<ScreenOptions, 'directory'> = {}): Promise<Screen> =>
  screen([...words, '-f', world.file], { directory: world.directory, ...options });

/** Lines that say how a stage ended. */
const stagesIn = (lines: readonly string[]): readonly string[] =>
  lines.flatMap(
    (line) =>
      /^[✔✖v x]?\s*([A-Z][a-z ]+?)(?::? {1,2}| +)(?:done in )?\d+\.\d s$/.exec(line.trimEnd())?.[1] ?? [],
  );

const cursorCode = /\u001b\[[\d;?]*[A-HJKSTfhl]/;
const colorCode = /\u001b\[[1-9][\d;]*m/;

test('a bootstrap on ten rows: what it does now, a line for each stage that is done, nothing else left', async () => {
  const seen = await start(['up', '--yes'], { rows: 10 });
  await seen.shows(/cp-1 +\d+\/\d+ {2}\S/);
  expect(await seen.shows(/\d+ of \d+ steps · \d+ s · (about|longer)/)).not.toHaveLength(0);
  expect(await seen.ended()).toBe(0);
  const lines = await seen.all();
  expect(stagesIn(lines)).toEqual([...new Set(stagesIn(lines))]);
  for (const stage of ['Connect', 'Preflight', 'Prepare the hosts', 'Start the control plane', 'Verify'])
    expect(stagesIn(lines), lines.join('\n')).toContain(stage);
  expect(lines.join('\n')).toContain('After this, `podstrap plan` is empty');
  expect(lines.join('\n')).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
});

for (const columns of [40, 60, 80, 200])
  test(`on ${columns} columns nothing is drawn twice, and what is drawn goes again`, async () => {
    const seen = await start(['plan'], { columns, rows: 10 });
    expect(await seen.ended()).toBe(0);
    const lines = await seen.all();
    expect(stagesIn(lines)).toEqual(['Connect', 'Look at the hosts']);
    expect(lines.join('\n')).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    expect(lines.join(' ')).toContain('Nothing to do');
  });

for (const [what, options] of [
  ['a terminal whose width nobody knows', { columns: 0 }],
  ['TERM=dumb', { environment: { TERM: 'dumb' } }],
] as const)
  test(`${what} gets lines, and no code that moves a cursor`, async () => {
    const seen = await start(['plan'], options);
    expect(await seen.ended()).toBe(0);
    expect(await seen.all()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Connect: done in \d/),
        expect.stringContaining('Nothing to do'),
      ]),
    );
    expect(await seen.written()).not.toMatch(cursorCode);
  });

test('LC_ALL=C: all of it is ASCII', async () => {
  const seen = await start(['plan'], { environment: { LC_ALL: 'C' } });
  expect(await seen.ended()).toBe(0);
  const written = await seen.written();
  expect(written).toMatch(/v\S* Connect/);
  expect(written).toMatch(/^[\u0000-\u007f]*$/);
});

test('NO_COLOR: drawn, without colors', async () => {
  const seen = await start(['plan'], { environment: { NO_COLOR: '1' } });
  expect(await seen.ended()).toBe(0);
  const written = await seen.written();
  expect(written).toMatch(cursorCode);
  expect(written).not.toMatch(colorCode);
});

test('status --watch keeps its headline, however low the terminal is', async () => {
  const seen = await start(['status', '--watch'], { rows: 10 });
  await seen.shows(/more lines/);
  expect((await seen.lines())[0]).toMatch(/^practice: healthy/);
  await seen.resize(40, 7);
  await seen.shows(/^practice: healthy[^\n]*(\n[^\n]*){4}\n[^\n]* more lines/m);
  await seen.press('C-c');
  expect(await seen.ended()).toBe(0);
});

for (const columns of [40, 60])
  test(`the table of certificates on ${columns} columns cuts no word`, async () => {
    const wide = await start(['certs'], { columns: 200 });
    await wide.ended();
    const narrow = await start(['certs'], { columns });
    await narrow.ended();
    const words = async (of: Screen) =>
      (await of.all()).filter((line) => !/^✔/.test(line)).flatMap((line) => line.trim().split(/\s+/));
    const told = new Set(await words(wide));
    // A name that is longer than the terminal has columns is cut by it.
    const cut = (await words(narrow)).filter((word) => !told.has(word) && word.length < columns - 8);
    expect(cut).toEqual([]);
  });
