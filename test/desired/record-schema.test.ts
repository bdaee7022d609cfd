import { expect, test } from 'vitest';
import { recordSchema } from '../../src/desired/record-schema.js';

const record = {
  cluster: 'prod',
  clusterId: 'a'.repeat(32),
  endpoint: '[fd00::1]:6443',
  etcd: { 'cp-1': { initialCluster: 'cp-1=https://10.0.0.11:2380,=https://[fd00::2]:2380', state: 'new' } },
  proxyMode: 'nftables',
  virtualAddress: '10.0.0.10',
  pods: { 'cp-1': { networks: ['10.244.0.0/24'], via: ['10.0.0.11'] } },
  fixed: {
    clusterName: 'kubernetes',
    dnsDomain: 'cluster.local',
    serviceSubnet: '10.96.0.0/12',
    podSubnet: '10.244.0.0/16',
    plugin: 'routes',
    etcdDataDir: '/var/lib/etcd',
  },
};

test('a record of podstrap’s is read as it was written', () => {
  expect(recordSchema.parse(record)).toEqual(record);
});

test('an address that an earlier version kept, and that is none, is left out', () => {
  const pods = { 'w-1': { networks: ['10.244.1.0/24', '$(id)/24'], via: ['$(id)', '10.0.0.21'] } };
  expect(recordSchema.parse({ ...record, pods }).pods).toEqual({
    'w-1': { networks: ['10.244.1.0/24'], via: ['10.0.0.21'] },
  });
});

test.each<readonly [string, object]>([
  ['a cluster ID', { clusterId: '$(id)' }],
  ['an endpoint', { endpoint: 'x:6443; reboot' }],
  ['an endpoint without a port', { endpoint: 'x' }],
  ['a member’s birth', { etcd: { 'cp-1': { initialCluster: 'cp-1=https://$(id):2380', state: 'new' } } }],
  ['a state', { etcd: { 'cp-1': { initialCluster: '', state: 'old' } } }],
  ['a way of writing rules', { proxyMode: '$(id)' }],
  ['a virtual address', { virtualAddress: '10.0.0.10\n' }],
  ['a cluster’s name', { cluster: '\u001b[2K' }],
  ['parts of the pods’ network', { pods: [] }],
])('what is no %s is not taken', (_what, change) => {
  expect(recordSchema.safeParse({ ...record, ...change }).success).toBe(false);
});
