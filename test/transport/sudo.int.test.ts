import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { Host } from '../../src/inventory/inventory.js';
import { Secret } from '../../src/secret.js';
import type { ConnectOptions } from '../../src/transport/connect-options.js';
import { type Connections, connections } from '../../src/transport/connections.js';
import type { Transport } from '../../src/transport/transport.js';
import { chunks, failureOf } from './contract.js';
import { type FakeSudo, installSudo } from './fake-sudo.js';
import { hostNamed, inventoryOf, optionsOf } from './inventory.js';
import { type Sshd, startSshd } from './sshd.js';

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of clean.splice(0).reverse()) await each();
});

async function server(
  password: string | undefined,
): Promise<{ readonly sshd: Sshd; readonly sudo: FakeSudo; readonly host: (name: string) => Host }> {
  const sudo = installSudo(password);
  const sshd = await startSshd({ environment: sudo.environment });
  clean.push(sudo.remove, sshd.stop);
  const ssh = {
    port: sshd.port,
    user: sshd.user,
    identityFile: sshd.identityFile,
    identitiesOnly: true,
    become: 'sudo',
  } as const;
  return { sshd, sudo, host: (name) => hostNamed(name, { ssh }) };
}

const ways = (hosts: readonly Host[], options: Partial<ConnectOptions> = {}): Connections =>
  connections(inventoryOf(hosts), optionsOf({ acceptNewHostKeys: true, ...options }));

async function open(host: Host, options: Partial<ConnectOptions> = {}): Promise<Transport> {
  const transport = await ways([host], options).connect(host);
  clean.push(() => transport.close());
  return transport;
}

const typing = (...answers: string[]) => {
  const asked: string[] = [];
  const secret = async (question: string) => {
    asked.push(question);
    return new Secret(answers.shift() ?? expect.fail(`asked once too often: ${question}`));
  };
  return { asked, prompts: { secret, confirm: async () => true } };
};

describe('a sudo that wants a password', () => {
  test('is given it once it has asked, and what it said stays out of the output', async () => {
    const { host, sudo, sshd } = await server('hunter2');
    const { asked, prompts } = typing('hunter2');
    const transport = await open(host('cp-1'), { prompts });
    const result = await transport.exec({ script: 'echo out; echo err >&2; exit 4' });
    expect(result).toEqual({ code: 4, stdout: 'out\n', stderr: 'err\n' });
    const input = await transport.exec({ script: 'cat', stdin: chunks('input') });
    expect(input).toEqual({ code: 0, stdout: 'input', stderr: '' });
    expect(asked).toEqual([`sudo password of ${sshd.user} on cp-1: `]);
    expect(sudo.calls()).not.toContain('hunter2');
    expect(sudo.typed()).toBe('hunter2\nhunter2\n');
  });

  test('is asked for once for all hosts, and only one host tries a password that nobody has accepted', async () => {
    const { host, sudo } = await server('right');
    const { asked, prompts } = typing('wrong', 'right');
    const hosts = ['cp-1', 'cp-2', 'cp-3', 'cp-4'].map(host);
    const open = [...(await ways(hosts, { prompts }).connectAll(hosts)).values()];
    const results = await Promise.all(
      open.map((way) => (way instanceof Error ? Promise.reject(way) : way.exec({ script: 'echo root' }))),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(Array(4).fill('root\n'));
    expect(asked).toHaveLength(2);
    expect(sudo.typed()).toBe('wrong\nright\nright\nright\nright\n');
    await Promise.all(open.map((way) => !(way instanceof Error) && way.close()));
  });

  test('may be different on each host', async () => {
    const [one, other] = [await server('one'), await server('other')];
    const { asked, prompts } = typing('one', 'other');
    const hosts = [one.host('cp-1'), other.host('cp-2')];
    const both = ways(hosts, { prompts });
    for (const host of hosts) {
      const transport = await both.connect(host);
      expect((await transport.exec({ script: 'echo 1' })).stdout).toBe('1\n');
      expect((await transport.exec({ script: 'echo 2' })).stdout).toBe('2\n');
      await transport.close();
    }
    expect(asked).toHaveLength(2);
  });

  test('refuses after three wrong ones, with its own words and without the password', async () => {
    const { host } = await server('right');
    const transport = await open(host('cp-1'), typing('wrong-1', 'wrong-2', 'wrong-3'));
    const failure = await failureOf(transport.exec({ script: 'echo never >&2' }));
    expect(failure.kind).toBe('privilege');
    expect(failure.where.host).toBe('cp-1');
    expect(failure.said).toContain('3 incorrect password attempts');
    expect(failure.next).toContain('password');
    expect(`${failure.message}${failure.next}${failure.stack}`).not.toMatch(/wrong-\d|podstrap-password/);
  });

  test('without anybody to ask leads to NOPASSWD or a terminal', async () => {
    const { host } = await server('right');
    const transport = await open(host('cp-1'));
    const failure = await failureOf(transport.exec({ script: 'true' }));
    expect(failure.kind).toBe('privilege');
    expect(failure.next).toContain('NOPASSWD');
    expect(failure.next).toContain('terminal');
  });

  test('does not get it when the script prints a prompt of its own', async () => {
    const { host, sudo } = await server('right');
    const transport = await open(host('cp-1'), typing('right'));
    const { stderr } = await transport.exec({
      script: 'echo "podstrap-password-0000000000000000:" >&2; cat',
    });
    expect(stderr).toBe('podstrap-password-0000000000000000:\n');
    expect(sudo.typed()).toBe('right\n');
  });
});

test('a user whom sudo does not know is told what sudo said', async () => {
  const { host } = await server(undefined);
  const transport = await open(host('cp-1'));
  const failure = await failureOf(transport.exec({ script: 'true' }));
  expect(failure.kind).toBe('privilege');
  expect(failure.said).toContain('not in the sudoers file');
  expect(failure.next).toContain('ssh.user to root');
});

test('a sudo that wants a terminal is told in its own words, and what lets it do without one', async () => {
  const { host, sudo } = await server('right');
  writeFileSync(sudo.file, '#!/bin/sh\necho "sudo: sorry, you must have a tty to run sudo" >&2\nexit 1\n');
  const failure = await failureOf((await open(host('cp-1'))).exec({ script: 'true' }));
  expect(failure.kind).toBe('privilege');
  expect(failure.said).toContain('you must have a tty to run sudo');
  expect(failure.next).toContain('requiretty');
});

test('a host without sudo says so', async () => {
  const sshd = await startSshd({ environment: { PATH: '/nowhere' } });
  clean.push(sshd.stop);
  const ssh = { port: sshd.port, user: sshd.user, identityFile: sshd.identityFile, become: 'sudo' as const };
  const transport = await open(hostNamed('cp-1', { ssh }));
  const failure = await failureOf(transport.exec({ script: 'true' }));
  expect(failure.kind).toBe('privilege');
  expect(failure.said).toContain('127');
});

test('a login that runs another program than a shell is not taken for success', async () => {
  const sshd = await startSshd({ settings: ['ForceCommand /bin/true'] });
  clean.push(sshd.stop);
  const ssh = { port: sshd.port, user: sshd.user, identityFile: sshd.identityFile, become: 'none' as const };
  const transport = await open(hostNamed('cp-1', { ssh }));
  const failure = await failureOf(transport.exec({ script: 'true' }));
  expect(failure.kind).toBe('privilege');
});
