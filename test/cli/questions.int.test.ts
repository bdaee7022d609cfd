import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { expectEnd, startWorld, type World } from '../failures/world.js';
import { needing } from '../programs/needing.js';
import { type Screen, type ScreenOptions, screen } from './screen.js';

const { test } = needing('tmux');

let world: World;
beforeAll(async () => {
  world = await startWorld(3);
});
afterAll(() => world.close());

const seen = (words: string, options: Partial<ScreenOptions> = {}): Promise<Screen> =>
  screen([...words.split(' '), '-f', world.file], { directory: world.directory, ...options });

const planIsEmpty = async () => expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);

/** The last line, as a person reads it: put together again where the terminal wrapped it. */
const lastLine = async (terminal: Screen): Promise<string> => (await terminal.all()).at(-1)!.trimEnd();

const touched = () => existsSync(join(world.site.host('cp-1').root, 'var/lib/podstrap/lock'));
const pairs = () => readFile(join(world.state, 'pki/hosts/cp-1/apiserver.pem'), 'utf8');

for (const [columns, environment] of [
  [80, {}],
  [40, { LC_ALL: 'C' }],
  [60, { TERM: 'dumb' }],
  [200, { NO_COLOR: '1' }],
  [0, {}],
] as const)
  test(`a question is the last thing on the screen and says what yes does: ${columns} columns, ${JSON.stringify(environment)}`, async () => {
    const terminal = await seen('up', { columns, rows: 10, environment });
    await terminal.shows('[y/N]');
    expect(await lastLine(terminal)).toMatch(/^Make these \d+ changes on cp-1, cp-2, cp-3 now\? \[y\/N\]$/);
    const { column } = await terminal.cursor();
    expect(column).toBeGreaterThan(0);
    await terminal.type('perhaps');
    await terminal.shows('Please answer yes or no.');
    expect(await lastLine(terminal)).toMatch(/now\? \[y\/N\]$/);
    await terminal.type('n');
    expect(await terminal.ended()).toBe(130);
    expect(await lastLine(terminal)).toBe('Cancelled. Nothing was changed.');
  });

for (const key of ['C-c', 'C-d'])
  test(`${key} at a question changes nothing, and says so`, async () => {
    const terminal = await seen('up');
    await terminal.shows('[y/N]');
    await terminal.press(key);
    expect(await terminal.ended()).toBe(130);
    const lines = await terminal.all();
    expect(lines.at(-1)).toBe('Cancelled. Nothing was changed.');
    expect(lines.join('\n')).not.toMatch(/defect|Stopping| {4}at /);
    expect(touched()).toBe(false);
  });

test('host keys that are not known are one question, whole on a narrow screen; Ctrl-C trusts none', async () => {
  const back = await world.edit((spec) => {
    for (const host of spec.hosts) delete host.hostKey;
  });
  const knownHosts = () => readFile(join(world.state, 'known_hosts'), 'utf8').catch(() => '');
  const print = /SHA256:[A-Za-z0-9+/]{43}/g;
  try {
    for (const key of ['C-c', 'C-d']) {
      const terminal = await seen('plan', { columns: 40, rows: 24 });
      await terminal.shows('[y/N]');
      const shown = (await terminal.lines()).join('').replaceAll(' ', '');
      expect(shown.match(print)).toHaveLength(3);
      for (const name of ['cp-1', 'cp-2', 'cp-3']) expect(shown).toContain(`${name}[127.0.0.1]:`);
      expect(await lastLine(terminal)).toMatch(
        /^Save these keys in .*known_hosts and trust them .*\[y\/N\]$/,
      );
      await terminal.press(key);
      expect(await terminal.ended()).toBe(130);
      expect(await lastLine(terminal)).toBe('Cancelled. Nothing was changed.');
      expect(await knownHosts()).toBe('');
    }
    const terminal = await seen('plan');
    await terminal.shows('[y/N]');
    await terminal.type('yes');
    expect(await terminal.ended()).toBe(0);
    expect((await terminal.all()).join('\n').match(/\[y\/N\]/g)).toHaveLength(1);
    expect((await knownHosts()).trim().split('\n')).toHaveLength(3);
  } finally {
    await back();
  }
});

test('a yes makes the changes', async () => {
  const terminal = await seen('up');
  await terminal.shows('[y/N]');
  await terminal.type('y');
  expect(await terminal.ended()).toBe(0);
  await terminal.shows('Done:');
  await planIsEmpty();
});

test('a no to a renewal leaves the keystore as it was, and a yes renews', async () => {
  const before = await pairs();
  for (const answer of ['n', 'y']) {
    const terminal = await seen('certs renew apiserver --host cp-1');
    await terminal.shows('[y/N]');
    await terminal.type(answer);
    expect(await terminal.ended()).toBe(answer === 'n' ? 130 : 0);
    expect((await pairs()) === before).toBe(answer === 'n');
  }
  await planIsEmpty();
});

test('what ends a cluster, or takes it back, wants its name typed', async () => {
  const file = join(world.directory, 'snapshot.db');
  expectEnd(await world.podstrap(['etcd', 'snapshot', '--out', file]), 0);
  for (const words of ['reset --all', 'reset cp-1 cp-2 cp-3', `etcd restore ${file}`]) {
    const terminal = await seen(words);
    await terminal.shows('type');
    expect(await lastLine(terminal)).toMatch(/type (its name|the name of the cluster), practice:$/);
    await terminal.type('yes');
    await terminal.shows('That is not practice.');
    expect(await lastLine(terminal)).toMatch(/practice:$/);
    await terminal.press('Enter');
    expect(await terminal.ended()).toBe(130);
    expect(await lastLine(terminal)).toBe('Cancelled. Nothing was changed.');
  }
  await planIsEmpty();
  const terminal = await seen('reset --all');
  await terminal.shows('type its name');
  await terminal.type('practice');
  expect(await terminal.ended()).toBe(0);
  expect(touched()).toBe(false);
});

test('a host that has vanished from a fleet goes only when its name is typed', async () => {
  const fleet = await startWorld(0, 0, { standalone: 3, spec: { rollout: { minHealthyTime: '0s' } } });
  try {
    await fleet.converge();
    const has = () => existsSync(join(fleet.site.host('shop-3').root, 'etc/kubernetes'));
    await fleet.edit((spec) => {
      spec.hosts = spec.hosts.filter(({ name }: { name: string }) => name !== 'shop-3');
    });
    const asked = () =>
      screen(['up', '--remove', 'shop-3', '-f', fleet.file], { directory: fleet.directory, columns: 120 });
    const refused = await asked();
    await refused.shows('type the name');
    expect(await lastLine(refused)).toBe('To delete all this, type the name of the host, shop-3:');
    await refused.type('y');
    await refused.shows('That is not shop-3.');
    await refused.press('Enter');
    expect(await refused.ended()).toBe(130);
    expect(has()).toBe(true);
    const meant = await asked();
    await meant.shows('type the name');
    await meant.type('shop-3');
    expect(await meant.ended()).toBe(0);
    expect(has()).toBe(false);
  } finally {
    await fleet.close();
  }
});
