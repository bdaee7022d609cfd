import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { selinuxSwitch } from '../../src/host/labels.js';
import { paths } from '../../src/host/paths.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1);
  mkdirSync(at('/sys/fs/selinux'));
  writeFileSync(at(selinuxSwitch), '1');
});
afterAll(() => world.close());

const at = (path: string): string => join(world.site.host('cp-1').root, path);

/** Paths, of these, that do not have the label which their places ask for. */
function unlabelled(all: readonly string[]): readonly string[] {
  const labels = new Set(readFileSync(at('/run/practice/labels'), 'utf8').split('\n'));
  return all.filter((path) => existsSync(at(path)) && !labels.has(`${statSync(at(path)).ino} ${at(path)}`));
}

const manifests = () => readdirSync(at(paths.manifests)).map((name) => join(paths.manifests, name));
const applied = () =>
  readFileSync(at(paths.applied), 'utf8')
    .split('\n')
    .flatMap((line) => line.slice(65) || []);

it('a host with SELinux says so, and its units start: what was renamed got the label of its place', async () => {
  expectEnd(await world.up(), 0, 'SELinux is enforcing');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  expect(applied()).toEqual(expect.arrayContaining([paths.kubelet, paths.kubeletUnit, ...manifests()]));
  expect(unlabelled([...applied(), paths.manifests, '/var/lib/etcd', '/opt/cni/bin'])).toEqual([]);
});

it('a static pod that is switched, a binary that is replaced, and one whose label a killed run left behind', async () => {
  const labels = readFileSync(at('/run/practice/labels'), 'utf8').split('\n');
  const others = labels.filter((line) => !line.endsWith('/bin/containerd'));
  writeFileSync(at('/run/practice/labels'), others.join('\n'));
  // What differs here restarts containerd.
  writeFileSync(at('/etc/containerd/config.toml'), 'by hand');
  writeFileSync(at(paths.kubelet), 'by hand');
  await world.edit((spec) => {
    spec.scheduler = { extraArgs: [{ name: 'v', value: '3' }] };
  });
  await world.converge();
  expect(unlabelled([...applied(), ...manifests()])).toEqual([]);
});

it('a kubelet whose label a killed run left behind starts also where static pods are switched while it is down', async () => {
  const labels = readFileSync(at('/run/practice/labels'), 'utf8').split('\n');
  const others = labels.filter((line) => !line.endsWith('/bin/kubelet'));
  writeFileSync(at('/run/practice/labels'), others.join('\n'));
  await world.edit((spec) => {
    spec.scheduler = { extraArgs: [{ name: 'v', value: '4' }] };
    spec.kubelet = { ...spec.kubelet, config: { ...spec.kubelet?.config, maxPods: 99 } };
  });
  await world.converge();
  expect(unlabelled([...applied(), ...manifests()])).toEqual([]);
});

it('what a reset brings back has the label of its place', async () => {
  await world.reset();
  mkdirSync(at('/etc/containerd'), { recursive: true });
  writeFileSync(at('/etc/containerd/config.toml'), 'theirs');
  // Whoever plays root here.
  const { uid, gid } = statSync(at('/etc'));
  for (const path of ['/etc/containerd', '/etc/containerd/config.toml']) chownSync(at(path), uid, gid);
  await world.converge();
  await world.reset();
  expect(readFileSync(at('/etc/containerd/config.toml'), 'utf8')).toBe('theirs');
  expect(unlabelled(['/etc/containerd/config.toml'])).toEqual([]);
});
