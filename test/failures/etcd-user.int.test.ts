import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { HostFiles } from '../../src/practice/host-files.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

const hosts = ['cp-1', 'cp-2', 'cp-3'] as const;
type Name = (typeof hosts)[number];

let world: World;
let before: Readonly<Record<string, string>>;
const rootOf = (host: Name) => world.site.host(host).root;
const filesOf = (host: Name) => {
  const { uid, gid } = statSync(rootOf(host));
  return new HostFiles(rootOf(host), { uid, gid });
};
const read = (host: Name, path: string) => readFileSync(join(rootOf(host), path), 'utf8');

beforeAll(async () => {
  world = await startWorld(3, 0, {
    spec: { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '1m' } },
  });
  // A distribution's own user on one host, and on another somebody who has the first id.
  appendFileSync(join(rootOf('cp-2'), '/etc/group'), 'etcd:x:121:\n');
  appendFileSync(join(rootOf('cp-2'), '/etc/passwd'), 'etcd:x:115:121::/var/lib/etcd:/usr/sbin/nologin\n');
  appendFileSync(join(rootOf('cp-3'), '/etc/passwd'), 'till:x:760:100::/:/usr/sbin/nologin\n');
  before = await fingerprint(world.site);
  await world.converge();
});
afterAll(() => world.close());

const users: Readonly<Record<Name, string>> = { 'cp-1': '760:760', 'cp-2': '115:121', 'cp-3': '759:759' };
const owner = (host: Name, path: string): string => {
  const { uid, gid } = filesOf(host).ownerOf(path);
  return `${uid}:${gid}`;
};
const data = ['/var/lib/etcd', '/var/lib/etcd/member', '/var/lib/etcd/member/snap/db'];
const ownersOf = (host: Name) => [...new Set(data.map((path) => owner(host, path)))];
const isOfUsers = () => {
  for (const host of hosts) {
    expect(ownersOf(host), host).toEqual([users[host]]);
    expect(owner(host, `${paths.etcdPairs}/peer.key`), host).toBe(users[host]);
    expect(owner(host, `${paths.pki}/etcd/peer.key`), host).toBe('0:0');
    expect(read(host, `${paths.manifests}/etcd.yaml`)).toContain(`runAsUser: ${users[host].split(':')[0]}`);
  }
};
const isOfRoot = () => {
  for (const host of hosts) {
    expect(ownersOf(host), host).toEqual(['0:0']);
    expect(filesOf(host).exists(`${paths.etcdPairs}/peer.key`), host).toBe(false);
  }
};
const withUser = (spec: Spec) => {
  spec.hardening = { etcdUser: true };
};

it('a live cluster that gets it and fails on its way has root’s data again, everywhere', async () => {
  for (const host of hosts.slice(1)) world.site.faults(host).unknownFlag('heartbeat-interval');
  const back = await world.edit((spec) => {
    withUser(spec);
    spec.etcd = { local: { extraArgs: [{ name: 'heartbeat-interval', value: '200' }] } };
  });
  const plan = await world.podstrap(['plan']);
  expectEnd(plan, 0, 'make the user etcd with the ids 760:760', 'make the user etcd with the ids 759:759');
  expect(plan.stdout).toContain('runAsUser: 115');
  expectEnd(await world.up(), 1, 'put back as it was before, and healthy');
  isOfRoot();
  for (const host of hosts) world.site.faults(host).clear();
  await back();
  await world.converge();
});

it('etcd runs as the user of each host: the one that is there, or the first id that nobody has', async () => {
  // A host that was put back keeps the user that it was given.
  const back = await world.edit(withUser);
  await world.converge();
  isOfUsers();
  await back();
});

it('data that somebody gave to root comes back to the user, while etcd runs', async () => {
  await world.edit(withUser);
  filesOf('cp-1').give('/var/lib/etcd/member/snap/db', { uid: 0, gid: 0 });
  expectEnd(await world.podstrap(['plan']), 0, 'give /var/lib/etcd and what is in it to 760:760');
  await world.converge();
  isOfUsers();
});

it('a restore from a snapshot, and a member that joins again, end with data of the user', async () => {
  const snapshot = join(world.directory, 'then.db');
  expectEnd(await world.podstrap(['etcd', 'snapshot', '--out', snapshot]), 0);
  expectEnd(await world.podstrap(['etcd', 'restore', snapshot, '--yes']), 0);
  isOfUsers();
  await world.site.powerCut('cp-3');
  filesOf('cp-3').remove('/var/lib/etcd/member');
  await world.site.powerOn('cp-3');
  await world.converge();
  isOfUsers();
});

it('without it etcd is root again, and the copies of its pairs are gone', async () => {
  await world.edit((spec) => {
    delete spec.hardening;
  });
  await world.converge();
  isOfRoot();
  expect(read('cp-1', '/etc/passwd')).toMatch(/^etcd:/m);
});

it('after a reset each host has the users that it had', async () => {
  await world.edit(withUser);
  await world.converge();
  await world.reset();
  expect(await fingerprint(world.site)).toEqual(before);
});
