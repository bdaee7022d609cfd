import { expect, test } from 'vitest';
import type { Action } from '../../src/plan/action.js';
import type { Step } from '../../src/plan/step.js';
import { startsClient } from '../../src/plan/waves/starts-client.js';
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
const start = step({ do: 'start-unit', name: 'kubelet.service' });
const all = [
  manifest('etcd'),
  manifest('kube-apiserver'),
  manifest('kube-scheduler'),
  manifest('haproxy'),
  start,
];

test.each([false, true])(
  'on a control plane the clients of its API server come last, and its kubelet does not (down: %s)',
  (down) => {
    expect(all.filter(startsClient(server, down))).toEqual([manifest('kube-scheduler')]);
  },
);

test('a worker is made ready, and its kubelet comes last', () => {
  expect([manifest('haproxy'), start].filter(startsClient(other, false))).toEqual([start]);
});

test('the kubelet of a worker of a cluster that is down starts with all others: its pods need no API server', () => {
  expect([start].filter(startsClient(other, true))).toEqual([]);
});
