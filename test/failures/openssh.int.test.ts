import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bin, type Screen, screen } from '../cli/screen.js';
import { needing } from '../programs/needing.js';
import { type FakeSudo, installSudo } from '../transport/fake-sudo.js';
import { type Sshd, startSshd } from '../transport/sshd.js';
import { expectEnd, startWorld, type World } from './world.js';

const terminal = needing('tmux');

let world: World;
let bastion: Sshd;
let sudo: FakeSudo;
let identityFile: string;
/** Where the sockets of ssh are. */
let sockets: string;
beforeAll(async () => {
  world = await startWorld(1, 1);
  bastion = await startSshd();
  sockets = mkdtempSync(join(tmpdir(), 'os-'));
  sudo = installSudo('hunter2');
  chmodSync(join(sudo.file, '..'), 0o777);
  const { site } = world;
  identityFile = join(world.directory, 'locked');
  copyFileSync(site.identityFile, identityFile);
  chmodSync(identityFile, 0o600);
  const publicKey = execFileSync('ssh-keygen', ['-y', '-f', identityFile]).toString();
  appendFileSync(join(bastion.directory, 'authorized_keys'), publicKey);
  execFileSync('ssh-keygen', ['-q', '-p', '-N', 'open sesame', '-f', identityFile], { stdio: 'ignore' });
});
afterAll(async () => {
  await world?.close();
  await bastion?.stop();
  sudo?.remove();
  rmSync(sockets, { recursive: true, force: true });
});

/** Processes of ssh that belong to runs of this test. */
const masters = (): readonly string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${sockets}/`);
    } catch {
      return false;
    }
  });

const throughBastion = () => `${bastion.user}@127.0.0.1:${bastion.port}`;

terminal.test(
  'with a key that has a passphrase, a bastion and a sudo that asks: up, an empty plan, reset',
  async () => {
    // Hosts run what they find in the folder of the site's commands.
    copyFileSync(sudo.file, join(world.site.hosts[0]!.root, '../../commands/sudo'));
    const back = await world.edit((spec) => {
      spec.ssh = {
        ...spec.ssh,
        client: 'openssh',
        proxyJump: throughBastion(),
        identityFile,
        become: 'sudo',
      };
    });
    const start = (...words: readonly string[]): Promise<Screen> =>
      screen([...words, '-f', world.file], {
        directory: world.directory,
        environment: { TMPDIR: sockets },
      });
    const answer = async (seen: Screen): Promise<void> => {
      await seen.shows(`Enter passphrase for key '${identityFile}':`);
      await seen.type('open sesame');
    };
    const first = await start('up');
    await first.shows('trust it from now on? [y/N]');
    await first.type('y');
    await answer(first);
    await first.shows(/sudo password of root on \S+:/);
    await first.type('hunter2');
    await first.shows(/\[y\/N\] *$/);
    await first.type('y');
    expect(await first.ended(), (await first.all()).join('\n')).toBe(0);
    // Each was asked once, for both hosts and the bastion.
    const questions = (await first.all()).filter((line) => /passphrase|password of/.test(line));
    expect(questions).toHaveLength(2);
    expect(masters()).toEqual([]);

    const second = await start('plan', '--detailed-exitcode');
    await answer(second);
    await second.shows(/sudo password of root on \S+:/);
    await second.type('hunter2');
    expect(await second.ended(), (await second.all()).join('\n')).toBe(0);

    const third = await start('reset', '--all', '--yes');
    await answer(third);
    await third.shows(/sudo password of root on \S+:/);
    await third.type('hunter2');
    expect(await third.ended(), (await third.all()).join('\n')).toBe(0);
    expect(masters()).toEqual([]);
    expect(sudo.calls()).not.toContain('hunter2');
    await back();
  },
);

test('of a podstrap that is killed, the processes of ssh end by themselves, and the next run goes on', async () => {
  const back = await world.edit((spec) => {
    spec.ssh = { ...spec.ssh, client: 'openssh' };
  });
  const child = spawn(process.execPath, [bin, 'up', '--yes', '-v', '-f', world.file], {
    cwd: world.directory,
    env: { PATH: process.env['PATH'], HOME: world.directory, NO_COLOR: '1', TMPDIR: sockets },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve) => {
    let text = '';
    child.stderr.on('data', (bytes: Buffer) => {
      text += bytes;
      if (text.includes('install ')) resolve();
    });
  });
  expect(masters().length).toBeGreaterThanOrEqual(2);
  child.kill('SIGKILL');
  await expect.poll(masters, { timeout: 60_000 }).toEqual([]);
  const environment = { ...process.env, HOME: world.directory, TMPDIR: sockets, NO_COLOR: '1' };
  expectEnd(await world.up({ environment }), 0);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode'], { environment }), 0);
  expect(masters()).toEqual([]);
  await world.reset();
  await back();
});
