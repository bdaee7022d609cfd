import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiOf } from './api.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, startWorld, type World } from './world.js';

const hosts = ['cp-1', 'cp-2', 'cp-3'] as const;

let world: World;
let snapshot: string;
beforeAll(async () => {
  world = await startWorld(3, 1, {
    spec: { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '2m' } },
  });
  snapshot = join(world.directory, 'then.db');
  await world.converge();
});
afterAll(() => world.close());

const maps = '/api/v1/namespaces/kube-system/configmaps';

/** The status of an answer; none where the API server does not answer now. */
async function ask(host: string, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) {
  const api = await apiOf(world, host);
  try {
    return (await api.call(method, path, body)).status;
  } catch {
    return undefined;
  } finally {
    api.close();
  }
}

const has = (host: string, name: string) => ask(host, 'GET', `${maps}/${name}`);

/** Tries until it is so, since an API server may be a moment behind its etcd. */
const isSo = (look: () => Promise<unknown>, message = '') => expect.poll(look, { timeout: 60_000, message });

async function create(name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' } };
  await isSo(async () => {
    await ask('cp-1', 'POST', maps, body);
    return has('cp-1', name);
  }).toBe(200);
}

/** What was written since: one object less and one more. */
async function goOn(): Promise<void> {
  await isSo(async () => {
    await ask('cp-2', 'DELETE', `${maps}/kept`);
    return has('cp-2', 'kept');
  }).toBe(404);
  await create('later');
}

/** That every API server has the objects of then, or those of now. */
async function expectData(of: 'then' | 'now'): Promise<void> {
  for (const host of hosts)
    await isSo(async () => [await has(host, 'kept'), await has(host, 'later')], host).toEqual(
      of === 'then' ? [200, 404] : [404, 200],
    );
}

const restore = (file = snapshot, ...more: string[]) =>
  world.podstrap(['etcd', 'restore', file, '--yes', ...more]);

const dataOf = (host: string): readonly string[] =>
  readdirSync(join(world.site.host(host).root, 'var/lib/etcd')).sort();

const setAside = (host: string) => dataOf(host).filter((name) => name.startsWith('member.'));

/** Kills the restore when it has said that; what is under way on hosts goes on. */
async function killedAt(words: string): Promise<void> {
  let said = '';
  const ended = await world.podstrap(['etcd', 'restore', snapshot, '--yes', '--verbose'], {
    onStart: (child) =>
      child.stderr?.on('data', (text: string) => {
        said += text;
        if (said.includes(words)) child.kill('SIGKILL');
      }),
  });
  expectEnd(ended, 137);
}

/** The same command once more, and nothing is left of what was cut off. */
async function expectRestored(): Promise<void> {
  expectEnd(await restore(), 0, 'Done: etcd has the data of the snapshot');
  await expectData('then');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  for (const host of hosts) {
    expect(dataOf(host)).toContain('member');
    expect(dataOf(host)).not.toContain('podstrap-restore');
    expect(existsSync(join(world.site.host(host).root, 'var/lib/podstrap/etcd-image'))).toBe(false);
  }
}

it('what cannot be, or was not meant, is refused before anything is touched', async () => {
  await create('kept');
  expectEnd(await world.podstrap(['etcd', 'snapshot', '--out', snapshot]), 0);
  await goOn();
  const before = await fingerprint(world.site);
  expectEnd(await world.podstrap(['etcd', 'restore', snapshot]), 64, 'Add --yes when you are sure');
  const part = join(world.directory, 'part.db');
  await writeFile(part, await readFile(snapshot));
  await truncate(part, 1000);
  expectEnd(await restore(part), 64, 'it is not a complete snapshot');
  expectEnd(await restore(join(world.directory, 'none.db')), 64, 'ENOENT');
  expectEnd(await restore(world.file), 64, 'it is not a complete snapshot');
  const newer = join(world.directory, 'newer.db');
  const data = Buffer.from('{"version":"3.7.0","entries":[]}');
  await writeFile(newer, Buffer.concat([data, createHash('sha256').update(data).digest()]));
  expectEnd(
    await restore(newer),
    1,
    'the snapshot is of etcd 3.7, and etcd 3.6.11 runs here',
    'Nothing was changed.',
  );
  const etcd = /:\/var\/lib\/(etcd|kubelet|containerd)/;
  const ofPodstrap = (all: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(all).filter(([path]) => !etcd.test(path)));
  expect(ofPodstrap(await fingerprint(world.site))).toEqual(ofPodstrap(before));

  await world.site.powerCut('cp-2');
  expectEnd(await restore(), 75, 'cp-2', 'its etcd would keep the current data');
  await world.site.powerOn('cp-2');
  await world.converge();
  await expectData('now');
});

it('brings back what was deleted, and takes away what was written since', async () => {
  await expectRestored();
  for (const host of hosts) expect(setAside(host)).toHaveLength(1);
  expectEnd(await world.podstrap(['history', '--hosts']), 0, /etcd restore +3 +done/);
  await goOn();
  await expectData('now');
});

it('a host that fails before anything stops leaves all as it was', async () => {
  world.site.faults('cp-3').fullDisk(50_000_000);
  expectEnd(await restore(), 1, 'cp-3', 'no room for the snapshot', 'Nothing was changed.');
  world.site.faults('cp-3').clear();
  await expectData('now');
  expect(dataOf('cp-1')).not.toContain('podstrap-restore');
});

it('a control plane that loses its power when it is to stop: the others start again as they were', async () => {
  world.site.faults('cp-2').strikeAtCommand('power', 'mv', 2);
  expectEnd(await restore(), 1, 'cp-2', 'started again with their data as it was');
  world.site.faults('cp-2').clear();
  await world.site.powerOn('cp-2');
  await expectData('now');
});

it.for(['stop: stopped', 'restore: the previous data is in', 'start: started'])(
  'killed after "%s": up waits for the restore where hosts may differ, and the same command ends it',
  async (words) => {
    await killedAt(words);
    const ended = await world.up();
    if (ended.code !== 0)
      expectEnd(ended, 1, 'was begun there and not finished', 'podstrap etcd restore FILE');
    await expectRestored();
    await goOn();
  },
);

it('members that lost their data get it again', async () => {
  for (const host of ['cp-1', 'cp-2']) {
    await world.site.powerCut(host);
    await rm(join(world.site.host(host).root, 'var/lib/etcd'), { recursive: true });
    await world.site.powerOn(host);
  }
  expectEnd(await world.up(), 1, 'the data of 2 of 3 etcd members is gone', 'podstrap etcd restore');
  await expectRestored();
});

it('a cluster that was made anew, with the same keystore, takes the snapshot', async () => {
  await world.reset();
  await world.converge();
  await isSo(() => has('cp-1', 'kept')).toBe(404);
  await expectRestored();
});
