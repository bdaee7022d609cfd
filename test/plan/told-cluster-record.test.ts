import { expect, test } from 'vitest';
import { clusterRecord } from '../../src/desired/cluster-record.js';
import { settledAtBirth } from '../../src/desired/settled.js';
import type { ClusterRecord } from '../../src/observed/facts.js';
import { clusterRecordDigest, toldClusterRecord } from '../../src/plan/documents/told-cluster-record.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';

const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), controlPlane(2)] });
const settled = settledAtBirth(inventory, 'a'.repeat(32));
const written = JSON.parse(String(clusterRecord({ inventory, settled }).content)) as ClusterRecord;

test('what podstrap writes on hosts is what may be read from them', () => {
  expect(toldClusterRecord({ ...written, bootstrapped: true })).toEqual(written);
});

test('whether a host has seen the first bootstrap end makes no other record of it', () => {
  const digests = [true, false].map((bootstrapped) =>
    clusterRecordDigest(toldClusterRecord({ ...written, bootstrapped })!),
  );
  expect(digests[0]).toBe(digests[1]);
});

test.each<readonly [string, object]>([
  ['a field more', { more: 'x' }],
  ['hosts to connect to', { hosts: [{ name: 'evil', address: 'evil.example' }] }],
  ['an endpoint that is a command', { endpoint: '$(reboot):6443' }],
  ['an endpoint without a port', { endpoint: 'api.example' }],
  ['an address that is none', { virtualAddress: '10.0.0.1; reboot' }],
  ['members that are none', { etcd: { 'cp-1': { initialCluster: 'cp-1=$(reboot)', state: 'new' } } }],
  [
    'a host that leads elsewhere',
    { etcd: { '../x': { initialCluster: 'a=https://10.0.0.1:2380', state: 'new' } } },
  ],
  ['a network that is none', { pods: { 'cp-1': { networks: ['$(reboot)/24'], via: [] } } }],
  ['another identity', { clusterId: 'x' }],
])('%s is nothing that podstrap would have written', (_what, change) => {
  expect(toldClusterRecord({ ...written, ...change, bootstrapped: true })).toBeUndefined();
});
