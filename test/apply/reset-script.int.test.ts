import { afterEach, expect, test } from 'vitest';
import { resetPlan, resetScript } from '../../src/apply/reset-script.js';
import type { DesiredHost } from '../../src/desired/resource.js';
import { desiredOf, hostOf } from '../desired/desired-of.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { holdLock, makeWorld, type World } from './world.js';

const worlds: World[] = [];
const world = (): World => {
  const made = makeWorld();
  worlds.push(made);
  return made;
};
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.dispose();
});

const wanted: DesiredHost = hostOf(
  desiredOf(inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] })),
  'cp-1',
);
const plan = resetPlan(wanted, '/var/lib/etcd');

/** A host with everything that desired state names, some of its data, and things of others beside them. */
function inhabited(): { at: World; others: readonly string[] } {
  const at = world();
  for (const file of plan.files) at.write(file, 'ours');
  for (const file of [
    '/var/lib/etcd/member/wal/0.wal',
    '/var/lib/kubelet/pods/x/volume/y',
    '/var/lib/podstrap/lock',
    '/etc/kubernetes/.podstrap/parked/x.yaml',
  ])
    at.write(file, 'ours');
  const others = [
    '/etc/kubernetes/manifests/theirs.yaml',
    '/etc/kubernetes/theirs.conf',
    '/var/lib/other/data',
    '/etc/systemd/system/other.service',
  ];
  for (const file of others) at.write(file, 'theirs');
  return { at, others: [...others].sort() };
}

const reset = (at: World) => {
  holdLock(at);
  return at.transport.exec({ script: resetScript(plan, 'ours') });
};

test('what podstrap brought is gone, and what is of others is left', async () => {
  const { at, others } = inhabited();
  expect((await reset(at)).code).toBe(0);
  expect(at.tree()).toEqual(others);
  expect(at.list('/var/lib')).toEqual(expect.not.arrayContaining(['etcd', 'kubelet', 'podstrap']));
  expect(at.list('/etc/kubernetes')).toEqual(['manifests', 'theirs.conf']);
});

test('a run that has lost the lock resets nothing', async () => {
  const { at } = inhabited();
  const before = at.tree();
  holdLock(at, 'theirs');
  const { code } = await at.transport.exec({ script: resetScript(plan, 'ours') });
  expect(code).toBe(75);
  expect(at.tree()).toEqual(before);
});

test('once more changes nothing, and so does a reset of a bare host', async () => {
  const { at, others } = inhabited();
  await reset(at);
  expect((await reset(at)).code).toBe(0);
  expect(at.tree()).toEqual(others);
  const bare = world();
  expect((await reset(bare)).code).toBe(0);
  expect(bare.tree()).toEqual([]);
});

test('containers and images of the host go, when its containerd runs', async () => {
  const { at } = inhabited();
  at.write('/usr/local/bin/ctr', '', 0o755);
  at.write('/run/containerd/containerd.sock', '');
  at.write('/var/lib/containerd/practice/containers/one', 'pause\nio.cri-containerd.kind=sandbox\n');
  at.write('/run/containerd/practice/tasks/one', '1000\n');
  expect((await reset(at)).code).toBe(0);
  expect(at.list('/run/containerd/practice/tasks')).toEqual([]);
  expect(at.list('/var/lib/containerd/practice/containers')).toEqual([]);
});

test('the plan names every file of the host once, and no directory of the system', () => {
  expect(new Set(plan.files).size).toBe(plan.files.length);
  expect(plan.files).toContain('/etc/kubernetes/pki/ca.crt');
  expect(plan.files).toContain('/etc/kubernetes/pki/sa.key');
  for (const path of [...plan.trees, ...plan.directories])
    expect(['/', '/etc', '/var', '/var/lib', '/usr', '/usr/local', '/usr/local/bin', '/opt']).not.toContain(
      path,
    );
});

test('the script never crosses into another file system', () => {
  const deletions = resetScript(plan, 'ours').match(/find "\$d"[^|;]*/g);
  expect(deletions!.length).toBeGreaterThan(0);
  for (const deletion of deletions!) expect(deletion).toContain('-xdev');
});
