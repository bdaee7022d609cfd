import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1, {
    spec: { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '2m' } },
  });
});
afterAll(() => world?.close());

/** What changes by itself, and what podstrap is no part of. */
const restless = /^\/run\/(practice|systemd|lock)|^\/proc\/(modules|sys\/net\/bridge)|^\/sys\/module/;

/** Everything that a host is: files with modes and contents, mounts, kernel settings, cgroups. */
const states = (): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(world.site.hosts.map(({ name, root }) => [name, stateOf(root)]));

const stateOf = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => `/${path}`)
    .filter((path) => !restless.test(path))
    .map((path) => {
      const file = join(root, path);
      const stat = lstatSync(file);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) return `${path} -> ${readlinkSync(file)}`;
      return stat.isFile() ? `${path} ${mode} ${readFileSync(file, 'latin1')}` : `${path} ${mode}`;
    })
    .sort();

it('after a reset every host is what it was before the first `up`', async () => {
  const before = states();
  expectEnd(await world.up(), 0);
  const during = states();
  expect(during['cp-1']!.join('\n')).toMatch(/^\/proc\/mounts .*\n.*\/run\/containerd\/.*\/rootfs/m);
  expect(during['cp-1']!.join('\n')).toMatch(/^\/sys\/fs\/cgroup\/kubepods/m);
  const ended = await world.podstrap(['reset', '--all', '--yes']);
  expectEnd(ended, 0, 'stays: until the next boot, in the kernel, the modules overlay br_netfilter');
  expect(states()).toEqual(before);
});

it('a folder with somebody’s files is no data directory: `up` refuses, and nothing has changed', async () => {
  const { root } = world.site.hosts.find(({ name }) => name === 'cp-1')!;
  mkdirSync(join(root, 'data'));
  writeFileSync(join(root, 'data/photo.jpg'), 'theirs');
  const before = states();
  const back = await world.edit((spec) => {
    spec.etcd = { local: { dataDir: '/data' } };
  });
  expectEnd(await world.up(), 1, 'cp-1', '/data holds what is not etcd’s: photo.jpg', '→');
  await back();
  expect(withoutLock(states())).toEqual(withoutLock(before));
});

/** A run that changed nothing leaves the folder in which its lock was. */
const withoutLock = (all: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(
    Object.entries(all).map(([host, lines]) => [
      host,
      lines.filter((line) => !line.startsWith('/var/lib/podstrap')),
    ]),
  );
