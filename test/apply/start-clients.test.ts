import { expect, test } from 'vitest';
import { startsClient } from '../../src/apply/start-clients.js';
import type { Action } from '../../src/plan/action.js';
import type { Step } from '../../src/plan/step.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';

const { hosts } = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), worker(2)] }).spec;
const [server, other] = [hosts[0]!, hosts[1]!];
const step = (action: Action): Step => ({ host: 'any', phase: 'control-plane', action, reason: 'a test' });
const manifest = (pod: string): Step =>
  step({
    do: 'put-manifest',
    pod,
    path: `/etc/kubernetes/manifests/${pod}.yaml`,
    mode: 0o600,
    sha256: '',
    revision: '',
  });
const enable = step({ do: 'enable-unit', name: 'kubelet.service' });
const start = step({ do: 'start-unit', name: 'kubelet.service' });
const all = [
  manifest('etcd'),
  manifest('kube-apiserver'),
  manifest('kube-scheduler'),
  manifest('haproxy'),
  enable,
  start,
];

test('on a control plane the clients of its API server come last, and its kubelet does not', () => {
  expect(all.filter(startsClient(server, all))).toEqual([manifest('kube-scheduler')]);
});

test('a new worker is made ready, and its kubelet comes last', () => {
  const own = [manifest('haproxy'), enable, start];
  expect(own.filter(startsClient(other, own))).toEqual([start]);
});

test('the kubelet of a worker that was one before starts with all others: its pods need no API server', () => {
  const own = [start];
  expect(own.filter(startsClient(other, own))).toEqual([]);
});
