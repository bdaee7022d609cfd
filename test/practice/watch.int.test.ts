import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pollDirectory, watchDirectory } from '../../src/practice/watch-directory.js';

test.each([
  ['with a watch of the system', watchDirectory],
  ['without one', pollDirectory],
])('a directory tells of files that come, change places and go, %s', async (_name, watch) => {
  const directory = mkdtempSync(join(tmpdir(), 'practice-watch-'));
  const file = join(directory, 'a');
  const steps = [
    () => writeFileSync(file, ''),
    () => renameSync(file, join(directory, 'b')),
    () => rmSync(join(directory, 'b')),
  ];
  for (const step of steps) {
    let told = () => undefined as unknown;
    const change = new Promise<void>((resolve) => {
      told = resolve;
    });
    const end = watch(directory, () => told());
    step();
    await change;
    end();
  }
  rmSync(directory, { recursive: true });
  expect.assertions(0);
});
