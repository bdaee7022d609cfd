import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.js';
import { configIn } from '../../src/transport/openssh/ask-config.js';
import { configFor, type Query } from '../../src/transport/ssh/config/config-for.js';
import { readConfig } from '../../src/transport/ssh/config/read-config.js';
import type { Hop } from '../../src/transport/ssh/hop.js';
import { routeTo } from '../../src/transport/ssh/route.js';
import { hostNamed, inventoryOf } from './inventory.js';
import { temporaryDirectory } from './temporary.js';

const directory = temporaryDirectory();
const { homedir: home, username: localUser } = userInfo();
mkdirSync(join(directory, 'd'));
for (const [name, text] of [
  ['a1', 'Port 101\nUser from-a1\n'],
  ['b2', 'Port 102\n'],
  ['C3', 'Port 103\n'],
  ['.hidden', 'Port 104\n'],
  ['section', 'Host box\n  Port 105\nHost *\n  User from-section\n'],
] as const)
  writeFileSync(join(directory, 'd', name), text);
const d = join(directory, 'd');

/** What may stand at the beginning, in a section that may match, and at the end: every combination is one file. */
const first = [
  '',
  'ProxyCommand none',
  'ProxyJump none',
  'UserKnownHostsFile "/a b" /c',
  `Include ${d}/[ab]*`,
  `Include ${d}/[!ab]*`,
  `Include ${d}/?3 ${d}/*`,
];
const sections = [
  'Host box\n  ProxyJump hop:2222\n  User ops',
  'Host b?x !bo*\n  HostName never\n  Port 9',
  'Host other BOX\n  HostName = 10.0.0.9\n  HostKeyAlias "the alias"',
  'Match host box,other\n  ConnectTimeout 7\n  ProxyJump a,b',
  'Match originalhost bo* user nobody\n  Port 8',
  'Match all\n  IdentityFile "/my keys/id"\n  IdentitiesOnly YES',
];
const last = [
  'Host *\n  ProxyJump bastion',
  'Host *\n  ProxyCommand none\n  GlobalKnownHostsFile /g1 "/g 2"',
  'Host *\n  Port 77\n  Port 78\n  IdentityFile /z\n  IdentityFile /z\n  HostName %h.example',
];
const combined = first.flatMap((one) =>
  sections.flatMap((two) => last.map((three) => `${one}\n${two}\n${three}\n`)),
);

/** One thing at a time. */
const single = {
  quotes: [
    'User "ops"',
    "User 'ops'",
    'User o"p"s',
    'IdentityFile "/a b"',
    "IdentityFile '/a b'",
    'IdentityFile /a\\ b',
    'IdentityFile /a\\b',
    'IdentityFile "/a\\"b"',
    'IdentityFile "/a #b" # remark',
    'IdentityFile /a#b',
    'UserKnownHostsFile "/a b" \'/c d\' /e # f',
    '"User" ops',
    'User=ops',
    'User = ops',
    'User  =  ops',
    'User\tops',
    '   User ops   ',
    'Host "box"\n  Port 5',
    'Host "b x" box\n  Port 5',
    'Match originalhost "box,other"\n  Port 5',
    'Match originalhost=box\n  Port 5',
    'Match host=box user=nobody\n  Port 5',
  ],
  case: [
    'PORT 5\nuSeR ops',
    'HOST box\n  port 5',
    'MATCH ORIGINALHOST box\n  PORT 5',
    'Host BOX\n  Port 5',
    'Host Box box\n  Port 5',
    'HostName BOX.Example',
    'IdentitiesOnly Yes',
    'ProxyJump NONE',
    'ProxyCommand NONE\nProxyJump a',
    'HostKeyAlias Alias',
  ],
  sections: [
    'Host !box *\n  Port 5',
    'Host * !box\n  Port 5',
    'Host !other *\n  Port 5',
    'Host box,other\n  Port 5',
    'Host b??\n  Port 5\nHost b?\n  Port 6',
    'Host *.example\n  Port 5\nHost box*\n  Port 6',
    'Match all\n  Port 5',
    'Match host b*\n  Port 5',
    'Match !host b*\n  Port 5',
    'Match host other\n  Port 5',
    `Match localuser ${localUser}\n  Port 5`,
    'Match !localuser nobody\n  Port 5',
    'User ops\nMatch user ops\n  Port 5',
    'Match user ops\n  Port 5\nMatch all\n  User ops',
    'Match host box !user nobody\n  Port 5',
    'HostName 10.0.0.9\nMatch host 10.*\n  Port 5',
    'HostName 10.0.0.9\nMatch originalhost 10.*\n  Port 5',
    'Match final\n  Port 5',
    'Match canonical\n  Port 5',
    'Match canonical\n  Port 5\nMatch final\n  User ops',
    'Match !final\n  Port 5\nMatch final\n  Port 6',
    'Match final host 10.*\n  Port 5\nHost box\n  HostName 10.0.0.9',
    'Host 10.*\n  Port 5\nHost box\n  HostName 10.0.0.9\nMatch final\n  User ops',
    'Match final all\n  Port 5',
  ],
  include: [
    `Include ${d}/a1`,
    `Include "${d}/a1" ${d}/b2`,
    `Include ${d}/a1 # remark`,
    `Include ${d}/none`,
    `Include ${d}/none ${d}/b2`,
    `Include ${d}/*1`,
    `Include ${d}/?[0-9]`,
    `Include ${d}/[A-C]*`,
    `Include ${d}/[^ab]*`,
    `Include ${d}/.h*`,
    `Host box\n  Include ${d}/section`,
    `Host other\n  Include ${d}/section\nHost *\n  Port 6`,
    `Include ${d}/section\nPort 7`,
    `Host box\n  Include ${d}/a1\n  User later\nHost *\n  Port 9`,
  ],
  'ways there': [
    'ProxyJump a',
    'ProxyJump a,b,c',
    'ProxyJump u@a:22',
    'ProxyJump u@a:2222,v@b',
    'ProxyJump ssh://u@a:2222',
    'ProxyJump [::1]:2222',
    'ProxyJump u@[fe80::1]',
    'ProxyJump a # remark',
    'ProxyJump = a',
    'ProxyJump none\nProxyJump a',
    'ProxyJump none\nProxyCommand none',
    'ProxyCommand none\nProxyJump a',
    'Host box\n  ProxyCommand none\nHost *\n  ProxyJump a',
    'Host box\n  ProxyJump none\nHost *\n  ProxyJump a',
    'AddressFamily inet6',
    'AddressFamily any',
    'HostName ::1',
    'HostName fe80::1%%eth0',
    'HostName %h',
    'HostName %%%h%%',
    'HostName a.%h.example',
    'Port 65535',
    'Port 5\nPort 6',
    'ConnectTimeout 90',
    'ConnectTimeout 1m',
    'ConnectTimeout 1m30s',
    'ConnectTimeout none',
    'CanonicalizeHostname no',
  ],
  'files of keys': [
    'UserKnownHostsFile none',
    'UserKnownHostsFile /k/%k',
    'UserKnownHostsFile /k/%h-%p-%r-%u-%n-%%',
    'HostKeyAlias alias\nUserKnownHostsFile /k/%k',
    'UserKnownHostsFile %d/k ~/j',
    'UserKnownHostsFile /a /b\nUserKnownHostsFile /c',
    `UserKnownHostsFile /k$${'{HOME}'}`,
    'GlobalKnownHostsFile /g1 /g2',
    'GlobalKnownHostsFile none',
    'IdentityFile none',
    'IdentityFile /a\nIdentityFile /b\nHost box\n  IdentityFile /c',
    'IdentityFile ~/a',
    'IdentityAgent none',
    'IdentityAgent SSH_AUTH_SOCK',
    'IdentityAgent /run/agent',
    'CertificateFile /a-cert.pub\nCertificateFile /b-cert.pub',
  ],
} as const;

/** What ssh does, or makes sense of, and our own client does not. */
const notOurs = [
  'Match exec "true"\n  Port 5',
  'Match originalhost box exec true\n  User ops',
  'CanonicalizeHostname yes',
  'BindAddress 127.0.0.1',
  'RevokedHostKeys /dev/null',
  'KnownHostsCommand /bin/true',
  'ProxyCommand nc %h %p',
  'ProxyCommand = nc # %h',
  'ProxyJump none\nProxyCommand nc %h %p',
  'Port ssh',
  'User %d',
  'IdentityFile /k/%C',
  'IdentityFile /k/%i',
  'CertificateFile /k/%L',
  'UserKnownHostsFile /k/%l',
  'IdentityAgent /run/%i/agent',
] as const;

/** What ssh refuses as well. */
const senseless = [
  'Port 5 6',
  'Port 0',
  'Port',
  'User',
  'IdentityFile "a',
  'IdentityFile ""',
  'IdentitiesOnly perhaps',
  'ConnectTimeout soon',
  'AddressFamily ipx',
  'HostName %k',
  'ProxyJump a, b',
  'Host',
  'Match all host x\n  Port 5',
  'Match\n  Port 5',
];

let files = 0;
function write(text: string): string {
  const file = join(directory, `config-${files++}`);
  writeFileSync(file, `${text}\n`);
  return file;
}

function opensshOn(file: string) {
  const { status, stdout } = spawnSync('ssh', ['-G', '-F', file, 'box'], { encoding: 'utf8' });
  return { refuses: status !== 0, stdout };
}

const query: Query = { alias: 'box', localUser };

/** The last hop on the way to `box`. */
async function hopBy(client: 'built-in' | 'openssh', file: string): Promise<Hop> {
  const host = hostNamed('cp-1', { address: 'box', ssh: { client, configFile: file } });
  const lines = client === 'built-in' ? readConfig(file, home) : [];
  // Only the host itself is asked about: jump hosts are taken as they are written.
  const plain = { hostName: 'hop', identityFiles: [] };
  const configOf = (asked: Query) => {
    if (asked.alias !== 'box') return plain;
    return client === 'built-in' ? configFor(lines, asked) : configIn(opensshOn(file).stdout, asked);
  };
  const operator = { home, localUser, env: process.env, knownHostsFile: '/own' };
  return (await routeTo(host, inventoryOf([host]), configOf, operator)).at(-1)!;
}

const words = (values: readonly string[] | undefined) => values?.join(' ');

async function compare(text: string): Promise<void> {
  const file = write(text);
  const { refuses, stdout } = opensshOn(file);
  expect(refuses, 'ssh refuses this').toBe(false);
  const told = new Map<string, string[]>();
  for (const line of stdout.trim().split('\n')) {
    const at = line.indexOf(' ');
    told.set(line.slice(0, at), [...(told.get(line.slice(0, at)) ?? []), line.slice(at + 1)]);
  }
  const theirs = (keyword: string) => told.get(keyword)?.[0];
  const none = (value: string | undefined) => (value?.toLowerCase() === 'none' ? undefined : value);
  const ours = configFor(readConfig(file, home), query);
  const hop = await hopBy('built-in', file);
  const known = hop.knownHostsFiles.slice(1);
  expect({
    hostname: hop.address.toLowerCase(),
    user: hop.user,
    port: String(hop.port),
    proxyjump: none(ours.proxyJump?.replaceAll('ssh://', '')),
    hostkeyalias: ours.hostKeyAlias,
    identitiesonly: hop.identitiesOnly ? 'yes' : 'no',
    identityagent: ours.identityAgent,
    connecttimeout: String(ours.connectTimeout ?? 'none'),
    addressfamily: { 4: 'inet', 6: 'inet6', 0: 'any' }[hop.family ?? 0],
    certificatefile: ours.certificateFiles ?? [],
    identityfile: ours.identityFiles.length > 0 ? ours.identityFiles : told.get('identityfile'),
    known: words(known),
  }).toEqual({
    hostname: theirs('hostname'),
    user: theirs('user'),
    port: theirs('port'),
    proxyjump: none(theirs('proxyjump')),
    hostkeyalias: theirs('hostkeyalias'),
    identitiesonly: theirs('identitiesonly'),
    identityagent: theirs('identityagent'),
    connecttimeout: theirs('connecttimeout'),
    addressfamily: theirs('addressfamily'),
    certificatefile: told.get('certificatefile') ?? [],
    identityfile: told.get('identityfile'),
    known: words(
      [theirs('userknownhostsfile'), theirs('globalknownhostsfile')].flatMap((found) => none(found) ?? []),
    ),
  });
}

test('paths that ssh writes without quotes are told apart by the files that are there', () => {
  const text = 'hostname box\nport 22\nuserknownhostsfile /a b /c /d\nglobalknownhostsfile none\n';
  const config = configIn(text, query, (path) => path === '/a b');
  expect(config.userKnownHostsFiles).toEqual(['/a b', '/c', '/d']);
  expect(config.globalKnownHostsFiles).toEqual([]);
});

test.each(combined)('OpenSSH reads this as we do: %j', (text) => compare(text));

describe.each(Object.entries(single))('OpenSSH reads %s as we do', (_kind, texts) => {
  test.each(texts)('%j', (text) => compare(text));
});

test('there are more than two hundred of them', () => {
  expect(combined.length + Object.values(single).flat().length).toBeGreaterThan(200);
});

describe('what ssh does and we do not is an error that names file, line and the other client', () => {
  test.each(notOurs)('%j', async (text) => {
    const file = write(text);
    expect(opensshOn(file).refuses).toBe(false);
    const failure = await hopBy('built-in', file).then(
      (hop) => expect.fail(JSON.stringify(hop)),
      (error: unknown) => error as Failure,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.doing).toMatch(new RegExp(`^reading ${file} line [12]$`));
    expect(failure.next).toContain('ssh.client: openssh');
    await hopBy('openssh', file).catch((error: Failure) => {
      // The one thing of ssh_config that podstrap puts in its place.
      expect(error.said).toContain('KnownHostsCommand');
      expect(text).toContain('KnownHostsCommand');
    });
  });
});

test.each(senseless)('what ssh refuses is refused, with file and line: %j', async (text) => {
  const file = write(text);
  const { status, stderr } = spawnSync('ssh', ['-G', '-F', file, 'box'], { encoding: 'utf8' });
  expect([status === 0, stderr]).toEqual([false, expect.anything()]);
  const failure = await hopBy('built-in', file).then(
    (hop) => expect.fail(JSON.stringify(hop)),
    (error: unknown) => error as Failure,
  );
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.doing).toBe(`reading ${file} line 1`);
});
