import { expect, test } from 'vitest';
import { crashCount } from '../../src/verify/crash-count.js';

const components = ['etcd', 'kube-apiserver', 'kube-scheduler'];

test('a component that ends by itself is given up', () => {
  const crashes = crashCount(components, 2);
  expect(crashes.judge('etcd', 1)).toBeUndefined();
  expect(crashes.judge('etcd', 2)).toBe('etcd: its container has ended 2 times');
});

test('a scheduler that ends while its API server is away is not to blame', () => {
  const crashes = crashCount(components, 2);
  crashes.open('etcd');
  expect(crashes.judge('kube-scheduler', 3)).toBeUndefined();
  crashes.open('kube-apiserver');
  expect(crashes.judge('kube-scheduler', 4)).toBeUndefined();
  expect(crashes.judge('kube-scheduler', 5)).toContain('ended 2 times');
});

test('what is not on the host is not waited for', () => {
  const crashes = crashCount(['kube-apiserver'], 2);
  expect(crashes.judge('kube-apiserver', 2)).toContain('ended 2 times');
});
