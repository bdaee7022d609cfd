import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configFor } from '../../src/transport/ssh/config-for.js';
import { readConfig } from '../../src/transport/ssh/read-config.js';
import { temporaryDirectory } from './temporary.js';

const directory = temporaryDirectory();
mkdirSync(join(directory, 'd'));
for (const [name, text] of [
  ['a1', 'Port 101\nUser from-a1\n'],
  ['b2', 'Port 102\n'],
  ['C3', 'Port 103\n'],
  ['.hidden', 'Port 104\n'],
] as const)
  writeFileSync(join(directory, 'd', name), text);

/** What may stand at the beginning, in a section that may match, and at the end: every combination is one file. */
const first = [
  '',
  'ProxyCommand none',
  'ProxyJump none',
  'UserKnownHostsFile "/a b" /c',
  `Include ${join(directory, 'd')}/[ab]*`,
  `Include ${join(directory, 'd')}/[!ab]*`,
  `Include ${join(directory, 'd')}/?3 ${join(directory, 'd')}/*`,
];
const sections = [
  'Host box\n  ProxyJump hop:2222\n  User ops',
  'Host b?x !bo*\n  HostName never\n  Port 9',
  'Host other BOX\n  HostName = 10.0.0.9\n  HostKeyAlias "the alias"',
  'Match host box,other\n  ProxyCommand nc %h %p\n  ConnectTimeout 7',
  'Match originalhost bo* user nobody\n  Port 8',
  'Match all\n  IdentityFile "/my keys/id"\n  IdentitiesOnly YES',
];
const last = [
  'Host *\n  ProxyJump bastion',
  'Host *\n  ProxyCommand none\n  GlobalKnownHostsFile /g1 "/g 2"',
  'Host *\n  Port 77\n  Port 78\n  IdentityFile /z\n  IdentityFile /z\n  HostName %h.example',
];
const files = first.flatMap((one) =>
  sections.flatMap((two) => last.map((three) => `${one}\n${two}\n${three}\n`)),
);

const told = [
  'port',
  'proxyjump',
  'proxycommand',
  'userknownhostsfile',
  'globalknownhostsfile',
  'hostkeyalias',
];

/** What OpenSSH makes of a file, for the host `box`. */
function ofOpenssh(file: string) {
  const lines = execFileSync('ssh', ['-G', '-F', file, 'box']).toString().trim().split('\n');
  const values = new Map<string, string[]>();
  for (const line of lines) {
    const [keyword, rest] = [line.split(' ', 1)[0]!, line.slice(line.indexOf(' ') + 1)];
    values.set(keyword, [...(values.get(keyword) ?? []), rest]);
  }
  return values;
}

test('there are more than a hundred of them', () => expect(files.length).toBeGreaterThan(100));

test.each(files)('OpenSSH reads this as we do: %j', (text) => {
  const file = join(directory, 'config');
  writeFileSync(file, text);
  const config = configFor(readConfig(file, directory), { alias: 'box', localUser: userInfo().username });
  const theirs = ofOpenssh(file);
  const none = (value: string | undefined) => (value === 'none' ? undefined : value);
  const usual = (keyword: string, found: string | undefined) =>
    found ?? (keyword.endsWith('knownhostsfile') ? theirs.get(keyword)?.[0] : undefined);
  const ours: Readonly<Record<string, string | undefined>> = {
    port: String(config.port ?? 22),
    proxyjump: none(config.proxyJump),
    proxycommand: none(config.proxyCommand),
    userknownhostsfile: usual('userknownhostsfile', config.userKnownHostsFiles?.join(' ')),
    globalknownhostsfile: usual('globalknownhostsfile', config.globalKnownHostsFiles?.join(' ')),
    hostkeyalias: config.hostKeyAlias,
  };
  for (const keyword of told)
    expect(`${keyword} ${ours[keyword]}`).toBe(`${keyword} ${theirs.get(keyword)?.[0]}`);
  expect((config.hostName ?? 'box').replaceAll('%h', 'box').toLowerCase()).toBe(theirs.get('hostname')?.[0]);
  expect(config.user ?? userInfo().username).toBe(theirs.get('user')?.[0]);
  expect(config.identitiesOnly ? 'yes' : 'no').toBe(theirs.get('identitiesonly')?.[0]);
  if (config.identityFiles.length > 0) expect(config.identityFiles).toEqual(theirs.get('identityfile'));
});
