import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { expectEnd } from '../failures/world.js';
import { type Ended, runCommand } from '../lab/command.js';
import { bin } from './screen.js';

let place: string;
beforeAll(async () => {
  place = await mkdtemp('/tmp/podstrap-kept-');
  // Practice hosts may run as somebody who must be able to pass through.
  await runCommand('chmod', ['711', place]);
});
afterAll(async () => {
  await podstrap('practice', 'stop', '--all');
  await rm(place, { recursive: true, force: true });
});

const environment = () => ({ TMPDIR: place, HOME: place, NO_COLOR: '1', SSH_AUTH_SOCK: undefined });
const podstrap = (...words: readonly string[]): Promise<Ended> =>
  runCommand(process.execPath, [bin, ...words], { directory: place, environment: environment() });
const listed = async () => JSON.parse((await podstrap('practice', 'list', '-o', 'json')).stdout).items;

it('practice hosts stay until they are stopped, and every command can be tried on them', async () => {
  const started = await podstrap('practice', 'start', '--control-planes', '1', '--workers', '1');
  expectEnd(started, 0, 'Practice hosts are running: cp-1, w-1', 'podstrap practice stop practice');
  const [{ inventory, state, hosts }] = await listed();
  expect({ state, hosts }).toEqual({ state: 'running', hosts: ['cp-1', 'w-1'] });
  expectEnd(await podstrap('practice', 'start'), 64, 'they are running', 'podstrap practice stop practice');
  expectEnd(await podstrap('plan', '-f', inventory, '--detailed-exitcode'), 2);
  expectEnd(await podstrap('up', '-f', inventory, '--yes'), 0);
  const text = await readFile(inventory, 'utf8');
  await writeFile(inventory, text.replace('kubernetesVersion: v1.36.3', 'kubernetesVersion: v1.37.2'));
  // Another release is there to be fetched.
  expectEnd(await podstrap('plan', '-f', inventory), 0, 'v1.37.2');
  await writeFile(inventory, text);
  expectEnd(await podstrap('status', '-f', inventory), 0);
  expectEnd(await podstrap('practice', 'stop'), 0, 'practice');
  expect(existsSync(dirname(inventory))).toBe(false);
  expect(await listed()).toEqual([]);
});

it('what stop ends is the very process that was started, not one that has its number now', async () => {
  expectEnd(await podstrap('practice', 'start', 'other', '--control-planes', '1'), 0);
  const [{ inventory }] = await listed();
  const file = join(dirname(inventory), 'practice.json');
  const record = JSON.parse(await readFile(file, 'utf8'));
  // Another process of that number, as after a restart of the machine: this very one.
  const mine = { ...record.process, pid: process.pid };
  await writeFile(file, JSON.stringify({ ...record, process: mine }));
  expect((await listed())[0].state).toBe('ended');
  expectEnd(await podstrap('practice', 'stop', 'other'), 0);
  expect(existsSync(dirname(inventory))).toBe(false);
  process.kill(record.process.pid, 'SIGTERM');
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s in the demo leaves nothing behind', async (signal) => {
  const before = await readdir(place);
  const ended = await runCommand(process.execPath, [bin, 'demo'], {
    directory: tmpdir(),
    environment: environment(),
    onStart: (child) => {
      child.stdout!.once('data', () => child.kill(signal));
    },
  });
  expect(ended.code, ended.stderr).toBe(130);
  expect(await readdir(place)).toEqual(before);
});
