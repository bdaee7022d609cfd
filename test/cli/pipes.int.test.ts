import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectEnd, startWorld, type World } from '../failures/world.js';
import { runCommand } from '../lab/command.js';
import { bin } from './screen.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1);
});
afterAll(() => world.close());

/** Starts the shipped program as a shell starts it, by its own first line. @param before such as nohup */
function start(words: readonly string[], before: readonly string[] = []) {
  const [program, ...args] = [...before, bin, ...words, '-f', world.file];
  const child = spawn(program!, args, {
    cwd: world.directory,
    env: { PATH: process.env['PATH'], HOME: world.directory, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const says = (wanted: string) =>
    new Promise<void>((resolve) => {
      const look = () => text.includes(wanted) && resolve();
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
      look();
    });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk;
    });
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code ?? 128 + constants.signals[signal as NodeJS.Signals],
    text,
  }));
  return { child, says, ended };
}

const lastJournal = async (): Promise<readonly { event: string; result?: string }[]> => {
  const folder = join(world.state, 'runs');
  const file = (await readdir(folder)).sort().at(-1)!;
  return (await readFile(join(folder, file), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
};
const isLocked = () => existsSync(join(world.site.host('cp-1').root, 'var/lib/podstrap/lock'));

it('SIGTERM acts as one Ctrl-C does, and so does SIGHUP unless it is ignored, as with nohup', async () => {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    const run = start(['up', '--yes', '-v']);
    await run.says('cp-1: install ');
    run.child.kill(signal);
    const { code, text } = await run.ended;
    expect(code, text).toBe(130);
    expect(text).toContain('Stopping after the current step.');
    expect(isLocked()).toBe(false);
  }
  await chmod(bin, 0o755);
  const run = start(['up', '--yes', '-v'], ['nohup']);
  await run.says('cp-1: ');
  run.child.kill('SIGHUP');
  const { code, text } = await run.ended;
  expect(code, text).toBe(0);
  await world.reset();
});

it('a reader that goes away decides nothing: up runs to its end, and only its exit code tells', async () => {
  const run = start(['up', '--yes', '-o', 'json']);
  await run.says('"event"');
  run.child.stdout.destroy();
  run.child.stderr.destroy();
  const { code, text } = await run.ended;
  expect(code, text).toBe(141);
  expect(isLocked()).toBe(false);
  const journal = await lastJournal();
  expect(journal.at(-1)).toMatchObject({ event: 'ended', result: 'done' });
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
});

it('what only reads stops when nobody reads it', async () => {
  const run = start(['status', '--watch', '-o', 'json']);
  await run.says('"kind"');
  run.child.stdout.destroy();
  expect((await run.ended).code).toBe(141);
});

it('Ctrl-C ends a plan whose output goes into a pipe, whatever its hosts do', async () => {
  const faults = world.site.faults('cp-1');
  faults.latency(60_000);
  const earlier = await lastJournal();
  const run = start(['plan']);
  await expect.poll(async () => (await lastJournal())[0], { timeout: 60_000 }).not.toEqual(earlier[0]);
  run.child.kill('SIGINT');
  expect((await run.ended).code).toBe(130);
  faults.clear();
});

it('output that does not fit where it goes is told, and is no success', async () => {
  const words = `${process.execPath} ${bin} history --all -f ${world.file} >/dev/full`;
  const ended = await runCommand('sh', ['-c', words], { directory: world.directory });
  expectEnd(ended, 1, 'The output is incomplete: ENOSPC');
});

it('what this machine’s disk or permissions refuse is told with the way out, and is no defect', async () => {
  const elsewhere = join(world.directory, 'elsewhere');
  await mkdir(elsewhere);
  await copyFile(world.file, join(elsewhere, 'cluster.yaml'));
  await writeFile(join(elsewhere, '.podstrap'), '');
  const way = /beside the inventory.*then run the same command again/;
  expectEnd(await world.own(['plan', '-f', join(elsewhere, 'cluster.yaml')]), 64, 'Making the folder', way);
  await rm(join(elsewhere, '.podstrap'));
  for (const words of [
    ['plan', '--out', '/nowhere/plan.json'],
    ['render', '--out', '/proc/nowhere'],
    ['etcd', 'snapshot', '--out', '/nowhere/etcd.db'],
  ]) {
    const ended = await world.podstrap(words);
    expectEnd(ended, 64, '/nowhere', '→');
    expect(ended.stderr).not.toContain('defect');
  }
});
