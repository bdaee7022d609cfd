import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ownData } from '../../src/apply/scripts/own-data-script.js';
import { at } from '../../src/host/shell.js';
import { makeWorld, type World } from './world.js';

const dataDir = '/data/etcd';
const database = `${dataDir}/member/snap/db`;
const manifest = '/etc/kubernetes/manifests/etcd.yaml';
const open: World[] = [];
afterEach(async () => {
  for (const world of open.splice(0)) await world.dispose();
});

function withData(): World {
  const world = makeWorld();
  open.push(world);
  world.write(database, 'data');
  return world;
}

const runsAs = (world: World, ids: string): void =>
  world.write(
    manifest,
    `kind: Pod\nspec:\n  containers:\n  - command:\n    securityContext:\n      runAsUser: 1\n  securityContext:\n${ids}`,
  );
const own = (world: World) =>
  world.transport.exec({ script: `${ownData(dataDir)}\nown_data_as ${at(manifest)}` });
const owners = async (world: World, ...paths: readonly string[]): Promise<string> =>
  (await world.transport.exec({ script: `stat -c %u:%g ${paths.map(at).join(' ')}` })).stdout.trim();

test('data goes to whom the pod of a manifest runs as, and back to root', async () => {
  const world = withData();
  runsAs(world, '    runAsGroup: 121\n    runAsUser: 115\n');
  expect((await own(world)).code).toBe(0);
  expect(await owners(world, dataDir, database)).toBe('115:121\n115:121');
  // Of what is new, and of root, as an etcdutl leaves it.
  world.write(`${dataDir}/member/wal/0.wal`, 'data');
  expect((await own(world)).code).toBe(0);
  expect(await owners(world, `${dataDir}/member/wal/0.wal`)).toBe('115:121');
  runsAs(world, '    seccompProfile:\n      type: RuntimeDefault\n');
  expect((await own(world)).code).toBe(0);
  expect(await owners(world, dataDir, database)).toBe('0:0\n0:0');
});

test('what links in the folder lead to stays as it is', async () => {
  const world = withData();
  world.write('/etc/shadow', 'secret');
  mkdirSync(join(world.root, 'etc/others'));
  symlinkSync(join(world.root, 'etc/shadow'), join(world.root, `${dataDir}/member/shadow`));
  symlinkSync(join(world.root, 'etc/others'), join(world.root, `${dataDir}/member/others`));
  runsAs(world, '    runAsGroup: 760\n    runAsUser: 760\n');
  expect((await own(world)).code).toBe(0);
  expect(await owners(world, database, '/etc/shadow', '/etc/others')).toBe('760:760\n0:0\n0:0');
});

test('nothing is done where there is no data, or it is root’s already', async () => {
  const world = withData();
  runsAs(world, '');
  expect((await own(world)).code).toBe(0);
  expect(await owners(world, dataDir, database)).toBe('0:0\n0:0');
  world.write('/empty', '');
  const script = `${ownData('/nowhere')}\nown_data_as ${at(manifest)}`;
  expect((await world.transport.exec({ script })).code).toBe(0);
});
