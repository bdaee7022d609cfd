import { expect, test } from 'vitest';
import type { HostFacts } from '../../src/observed/facts.js';
import { isStartingPods } from '../../src/observed/starting-pods.js';
import { bareFacts } from '../plan/facts-of.js';

const manifests = ['etcd', 'kube-apiserver'].map((name) => `/etc/kubernetes/manifests/${name}.yaml`);
const file = (path: string) =>
  ({ path, type: 'file', mode: 0o600, uid: 0, gid: 0, size: 1, sha256: 'cafe' }) as const;
const sandbox = (running: boolean) => ({ id: 's', revision: undefined, running });
const starting: Partial<HostFacts> = {
  units: { 'kubelet.service': { active: 'active', enabled: 'enabled' } },
  kubeletAge: 3,
  applied: Object.fromEntries([...manifests, '/etc/kubernetes/admin.conf'].map((path) => [path, 'cafe'])),
  files: Object.fromEntries(manifests.map((path) => [path, file(path)])),
  sandboxes: [sandbox(true), sandbox(false)],
  etcdData: true,
};

test.each<readonly [string, Partial<HostFacts>, boolean]>([
  ['one of two pods runs', {}, true],
  ['both run', { sandboxes: [sandbox(true), sandbox(true)] }, false],
  ['the other one’s manifest is away', { files: { [manifests[0]!]: file(manifests[0]!) } }, false],
  ['the other one is etcd, whose data is gone', { etcdData: false }, false],
  ['it has had its time', { kubeletAge: 20 }, false],
  ['its clock was set back meanwhile', { kubeletAge: -5 }, false],
  ['it does not run', { units: { 'kubelet.service': { active: 'failed', enabled: 'enabled' } } }, false],
  ['no run was ever finished here', { applied: {} }, false],
])('a kubelet that started a moment ago: %s', (_what, facts, expected) => {
  expect(isStartingPods({ ...bareFacts('cp-1'), ...starting, ...facts })).toBe(expected);
});

test('a host that does not tell when its kubelet started is not waited for', () => {
  const { kubeletAge: _, ...untold } = { ...bareFacts('cp-1'), ...starting };
  expect(isStartingPods(untold)).toBe(false);
});
