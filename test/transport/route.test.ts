import { describe, expect, test } from 'vitest';
import type { Host, Ssh } from '../../src/inventory/inventory.js';
import { configFor, type Query } from '../../src/transport/ssh/config/config-for.js';
import { configLines } from '../../src/transport/ssh/config/config-lines.js';
import type { Hop } from '../../src/transport/ssh/hop.js';
import { type Operator, routeTo } from '../../src/transport/ssh/route.js';
import { failureOf } from './contract.js';
import { hostNamed, inventoryOf } from './inventory.js';

const operator: Operator = {
  home: '/home/me',
  localUser: 'me',
  env: { SSH_AUTH_SOCK: '/run/agent', KEYS: '/keys' },
  knownHostsFile: '/cluster/known_hosts',
};

interface Case {
  readonly config?: string;
  readonly ssh?: Ssh;
  readonly host?: Partial<Host>;
  readonly env?: Operator['env'];
}

async function route({
  config = '',
  ssh = {},
  host = {},
  env = operator.env,
}: Case): Promise<readonly Hop[]> {
  const target = hostNamed('cp-1', { address: 'box', ...host });
  const lines = configLines(config, 'config', () => []);
  const configOf = (query: Query) => configFor(lines, query);
  return routeTo(target, inventoryOf([target], ssh, '/inventory'), configOf, { ...operator, env });
}

const only = async (wanted: Case): Promise<Hop> => {
  const hops = await route(wanted);
  expect(hops).toHaveLength(1);
  return hops[0]!;
};
const names = async (wanted: Case) =>
  (await route(wanted)).map(({ user, address, port }) => `${user}@${address}:${port}`);

test('without any setting: the address, port 22, the local user, usual keys and files, ten seconds', async () => {
  expect(await only({})).toEqual({
    label: 'cp-1',
    client: 'built-in',
    alias: 'box',
    address: 'box',
    port: 22,
    user: 'me',
    identityFiles: [],
    usualFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `/home/me/.ssh/${name}`),
    identitiesOnly: false,
    agentSocket: '/run/agent',
    knownHostsFiles: [
      '/cluster/known_hosts',
      '/home/me/.ssh/known_hosts',
      '/home/me/.ssh/known_hosts2',
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ],
    knownName: 'box',
    certificateName: 'box',
    certificateFiles: [],
    byCommand: false,
    connectTimeoutMs: 10_000,
  });
});

test('the host’s setting goes before the inventory’s, that before ssh_config', async () => {
  const config = 'Host box\n HostName 10.0.0.1\n User c\n Port 3\n ConnectTimeout 4';
  expect(await names({ config })).toEqual(['c@10.0.0.1:3']);
  expect(await names({ config, ssh: { user: 'i', port: 2 } })).toEqual(['i@10.0.0.1:2']);
  expect(await names({ config, ssh: { user: 'i', port: 2 }, host: { ssh: { user: 'h' } } })).toEqual([
    'h@10.0.0.1:2',
  ]);
  expect((await only({ config })).connectTimeoutMs).toBe(4000);
  expect((await only({ config, ssh: { connectTimeout: '1m30s' } })).connectTimeoutMs).toBe(90_000);
});

describe('keys', () => {
  const config = `Host box\n IdentityFile ~/.ssh/%h-%r\n IdentityFile $${'{KEYS}'}/id`;
  test('of ssh_config know tokens and variables', async () => {
    expect((await only({ config })).identityFiles).toEqual(['/home/me/.ssh/box-me', '/keys/id']);
    expect((await only({ config })).usualFiles).toEqual([]);
  });
  test('with a token or a variable that nobody knows are refused by name', async () => {
    for (const file of ['%C', '%', `$${'{NOBODY}'}`]) {
      const failure = await failureOf(route({ config: `Host box\n IdentityFile /keys/${file}` }));
      expect(failure.doing).toBe('reading config line 2');
      expect(failure.next).toContain('ssh.client: openssh');
    }
    expect((await only({ ssh: { identityFile: '/keys/100%' } })).identityFiles).toEqual(['/keys/100%']);
  });
  test('of the inventory start where the inventory is, and come first', async () => {
    expect((await only({ config, ssh: { identityFile: 'keys/id' } })).identityFiles[0]).toBe(
      '/inventory/keys/id',
    );
    expect((await only({ ssh: { identityFile: '~/id' } })).identityFiles).toEqual(['/home/me/id']);
  });
  test('are the inventory’s alone when only that is wanted', async () => {
    const ssh = { identityFile: '/id', identitiesOnly: true };
    expect((await only({ config, ssh })).identityFiles).toEqual(['/id']);
  });
});

describe('the agent', () => {
  const cases: readonly [string, string | undefined][] = [
    ['', '/run/agent'],
    ['IdentityAgent none', undefined],
    ['IdentityAgent SSH_AUTH_SOCK', '/run/agent'],
    ['IdentityAgent $OTHER', '/run/other'],
    ['IdentityAgent ~/agent', '/home/me/agent'],
  ];
  test.each(cases)('%s: %s', async (config, socket) => {
    const env = { SSH_AUTH_SOCK: '/run/agent', OTHER: '/run/other' };
    expect((await only({ config, env })).agentSocket).toBe(socket);
  });
  test('is none without SSH_AUTH_SOCK', async () => {
    expect((await only({ env: {} })).agentSocket).toBeUndefined();
  });
});

describe('host keys', () => {
  test('are looked up under the real address, the port, or an alias', async () => {
    expect((await only({ config: 'HostName Real.Example' })).knownName).toBe('real.example');
    expect((await only({ ssh: { port: 2222 } })).knownName).toBe('[box]:2222');
    expect((await only({ config: 'HostKeyAlias other', ssh: { port: 2222 } })).knownName).toBe('other');
  });
  test('are in the files that ssh_config or the inventory name, and always in the cluster’s', async () => {
    const config = 'UserKnownHostsFile ~/a /b';
    expect((await only({ config })).knownHostsFiles.slice(0, 3)).toEqual([
      '/cluster/known_hosts',
      '/home/me/a',
      '/b',
    ]);
    expect((await only({ config, ssh: { knownHostsFile: 'hosts' } })).knownHostsFiles.slice(0, 2)).toEqual([
      '/cluster/known_hosts',
      '/inventory/hosts',
    ]);
  });
  test('pinned belong to the host and not to its jump host', async () => {
    const print = `SHA256:${'A'.repeat(43)}`;
    const hops = await route({ host: { hostKey: print }, ssh: { proxyJump: 'bastion' } });
    expect(hops.map(({ pinnedKey }) => pinnedKey)).toEqual([undefined, print]);
  });
});

describe('jump hosts', () => {
  test('are as the inventory says, with their own user and port', async () => {
    const ssh = { user: 'ops', proxyJump: 'jumper@bastion:2222' };
    expect(await names({ ssh })).toEqual(['jumper@bastion:2222', 'ops@box:22']);
  });
  test('without a user of their own are logged in to as the inventory’s', async () => {
    expect(await names({ ssh: { user: 'ops', proxyJump: 'bastion' } })).toEqual([
      'ops@bastion:22',
      'ops@box:22',
    ]);
  });
  test('may be several, in IPv6 too', async () => {
    expect(await names({ config: 'Host box\n ProxyJump a,ssh://b@[fd00::1]:23' })).toEqual([
      'me@a:22',
      'b@fd00::1:23',
      'me@box:22',
    ]);
  });
  test('have settings and jump hosts of their own in ssh_config', async () => {
    const config = `
Host box
  ProxyJump inner
Host inner
  HostName 10.0.0.9
  User in
  IdentityFile /inner
  ProxyJump outer
Host outer
  Port 99
`;
    const hops = await route({ config, ssh: { identityFile: '/own' } });
    expect(hops.map(({ label, user, address, port }) => [label, user, address, port])).toEqual([
      ['outer', 'me', 'outer', 99],
      ['inner', 'in', '10.0.0.9', 22],
      ['cp-1', 'me', 'box', 22],
    ]);
    expect(hops.map(({ identityFiles }) => identityFiles)).toEqual([['/own'], ['/inner', '/own'], ['/own']]);
  });
  test('of ssh_config are overruled by the inventory, also by `none`', async () => {
    const config = 'Host box\n ProxyJump a';
    expect(await names({ config, ssh: { proxyJump: 'b' } })).toEqual(['me@b:22', 'me@box:22']);
    expect(await names({ config, ssh: { proxyJump: 'none' } })).toEqual(['me@box:22']);
  });
  test('without end, or that are none, are refused', async () => {
    const endless = await failureOf((async () => route({ config: 'ProxyJump a' }))());
    expect(endless.kind).toBe('inventory');
    const wrong = await failureOf((async () => route({ config: 'ProxyJump a:b:c' }))());
    expect(wrong.said).toContain('"a:b:c"');
  });
});
