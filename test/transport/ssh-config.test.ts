import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.js';
import { configFor, type Query } from '../../src/transport/ssh/config/config-for.js';
import { configLines, type ReadFiles } from '../../src/transport/ssh/config/config-lines.js';
import { readConfig } from '../../src/transport/ssh/config/read-config.js';
import { temporaryDirectory } from './temporary.js';

const none: ReadFiles = () => [];
const ask = (text: string, query: Partial<Query> = {}, read: ReadFiles = none) => {
  const lines = configLines(text, 'config', read);
  const { places: _places, ...config } = configFor(lines, { alias: 'box', localUser: 'me', ...query });
  return config;
};

test('nothing said is nothing known', () => {
  expect(ask('# only a remark\n')).toEqual({ identityFiles: [] });
});

test('everything that matters is read, in any case and notation', () => {
  const text = `
host box
  hostname=10.0.0.1
  USER ops
  Port 2222
  IdentityFile "~/my keys/id"
  IdentityFile ~/.ssh/other
  IdentitiesOnly yes
  IdentityAgent none
  ProxyJump a@b:22,c
  ProxyCommand none
  UserKnownHostsFile ~/.ssh/k1 ~/.ssh/k2
  GlobalKnownHostsFile /etc/k3 "/etc/k 4"
  HostKeyAlias alias
  ConnectTimeout 7
`;
  expect(ask(text)).toEqual({
    hostName: '10.0.0.1',
    user: 'ops',
    port: 2222,
    identityFiles: ['~/my keys/id', '~/.ssh/other'],
    identitiesOnly: true,
    identityAgent: 'none',
    proxyJump: 'a@b:22,c',
    userKnownHostsFiles: ['~/.ssh/k1', '~/.ssh/k2'],
    globalKnownHostsFiles: ['/etc/k3', '/etc/k 4'],
    hostKeyAlias: 'alias',
    connectTimeout: 7,
  });
});

describe('the first value counts', () => {
  test('whether it stands before, in or after a section', () => {
    expect(ask('User one\nHost box\n User two').user).toBe('one');
    expect(ask('Host box\n User two\nHost *\n User three').user).toBe('two');
    expect(ask('Host other\n User two\nHost *\n User three').user).toBe('three');
  });
  test('but keys add up', () => {
    expect(ask('Host box\n IdentityFile a\nHost *\n IdentityFile b\n IdentityFile a').identityFiles).toEqual([
      'a',
      'b',
    ]);
  });
});

describe('a section counts when it matches', () => {
  const cases: readonly [string, Partial<Query>, boolean][] = [
    ['Host box', {}, true],
    ['Host b?x', {}, true],
    ['Host b* !box', {}, false],
    ['Host other b*', {}, true],
    ['Match all', {}, true],
    ['Match host box', {}, true],
    ['Match host other,box', {}, true],
    ['Match !host box', {}, false],
    ['Match host other', {}, false],
    ['Match originalhost box user me', {}, true],
    ['Match user ops', { user: 'ops' }, true],
    ['Match user ops', {}, false],
    ['Match localuser me', {}, true],
    ['Match host box localuser you', {}, false],
    ['Match final', {}, true],
    ['Match canonical', {}, false],
    ['Match host other exec "exit 0"', {}, false],
  ];
  test.each(cases)('%s for %j: %s', (section, query, is) => {
    expect(ask(`${section}\n  Port 99`, query).port === 99).toBe(is);
  });

  test('Match host looks at the address that HostName gave', () => {
    const text = 'Host box\n HostName real.example\nMatch host real.example\n Port 99';
    expect(ask(text).port).toBe(99);
  });
});

describe('what is not understood is an error that names the line and the client that can do it', () => {
  test.each([
    'Match exec "exit 0"\n  Port 1',
    'Match !exec "exit 1"\n  User a',
    'Match host box exec "exit 0"\n  IdentityFile a',
    'Match localnetwork 10.0.0.0/8\n  ProxyJump a',
    'Match tagged work\n  HostName a',
    'CanonicalizeHostname yes',
    'CanonicalizeHostname always',
    'BindAddress 10.0.0.1',
    'BindInterface eth0',
    'RevokedHostKeys /etc/ssh/revoked',
    'KnownHostsCommand /usr/bin/keys %H',
    'Port ssh',
    'HostName %k.example',
    'HostName %n',
    'User %u',
    'ProxyJump "a"',
    'ProxyJump %r@gate',
  ])('%j', (text) => {
    const failure = thrownBy(() => ask(`# first\n${text}`));
    expect(failure).toMatchObject({ kind: 'usage', doing: 'reading config line 2' });
    expect(failure.next).toContain('ssh.client: openssh');
  });

  test.each([
    'Match exec "exit 0"\n  ForwardAgent yes\n  ServerAliveInterval 5',
    'Host other\n  CanonicalizeHostname yes\n  Port ssh\n  User %u',
    'Match host other exec "exit 0"\n  Port 1',
    'CanonicalizeHostname no\nRevokedHostKeys none\nKnownHostsCommand none',
    'Port 5\nPort ssh',
  ])('but not where it decides nothing for this host: %j', (text) => {
    expect(ask(text).identityFiles).toEqual([]);
  });

  test('an address is never canonicalised', () => {
    expect(ask('CanonicalizeHostname yes', { alias: '10.0.0.1' })).toEqual({ identityFiles: [] });
  });
});

describe('what makes no sense is an error that names the line', () => {
  test.each([
    'Port 0',
    'Port 65536',
    'Port 1 2',
    'Port',
    'User',
    'IdentityFile ""',
    'IdentityFile "a',
    'IdentitiesOnly perhaps',
    'ConnectTimeout soon',
    'AddressFamily ipx',
  ])('%j', (text) => {
    expect(thrownBy(() => ask(`\n\n${text}`))).toMatchObject({
      kind: 'usage',
      doing: 'reading config line 3',
    });
  });
});

function thrownBy(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

describe('Include', () => {
  const files: Readonly<Record<string, string>> = {
    outer: 'User outer\nInclude inner\nHost box\n Port 1',
    inner: 'Host box\n HostName inner\nHost *\n Port 2',
    loop: 'Include loop',
  };
  const read: ReadFiles = (name) => (files[name] ? [{ file: name, text: files[name] }] : []);

  test('puts the other file’s lines in its place', () => {
    expect(ask('Include outer', {}, read)).toEqual({
      identityFiles: [],
      user: 'outer',
      hostName: 'inner',
      port: 2,
    });
  });
  test('in a section counts only with the section', () => {
    expect(ask('Host box\n Include inner', {}, read).hostName).toBe('inner');
    expect(ask('Host other\n Include inner', {}, read).hostName).toBeUndefined();
  });
  test('of a file that is not there says nothing', () => {
    expect(ask('Include missing\nPort 3', {}, read).port).toBe(3);
  });
  test('without end is refused', () => {
    expect(() => ask('Include loop', {}, read)).toThrow(Failure);
  });
});

describe('files', () => {
  const home = temporaryDirectory();
  mkdirSync(join(home, '.ssh/conf.d'), { recursive: true });
  writeFileSync(join(home, '.ssh/config'), 'Include conf.d/*.conf ~/.ssh/extra\n');
  writeFileSync(join(home, '.ssh/conf.d/1.conf'), 'Host box\n Port 1\n');
  writeFileSync(join(home, '.ssh/conf.d/2.conf'), 'Host box\n Port 2\n User two\n');
  writeFileSync(join(home, '.ssh/conf.d/3.off'), 'Host box\n HostName off\n');
  writeFileSync(join(home, '.ssh/extra'), 'Host box\n HostKeyAlias extra\n');
  const readAt = (file: string | undefined) =>
    configFor(readConfig(file, home), { alias: 'box', localUser: 'me' });

  test('are the user’s, with what they include by pattern and by ~', () => {
    expect(readAt(undefined)).toMatchObject({ port: 1, user: 'two', hostKeyAlias: 'extra' });
    expect(readAt(undefined).hostName).toBeUndefined();
  });
  test('are none where the inventory says none', () => {
    expect(readAt('none')).toMatchObject({ identityFiles: [] });
  });
  test('that the inventory names must be there', () => {
    expect(() => readAt(join(home, 'missing'))).toThrow(Failure);
  });
});
