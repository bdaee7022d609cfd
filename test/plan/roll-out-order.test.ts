import { expect, test } from 'vitest';
import type { EtcdView } from '../../src/observed/views/etcd-view.js';
import { rollOutOrder } from '../../src/plan/waves/roll-out-order.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';

const inventory = inventoryOf({
  kubernetesVersion: 'v1.36.3',
  hosts: [worker(1), controlPlane(1), controlPlane(2), controlPlane(3)],
});

interface Case {
  readonly name: string;
  readonly etcd: Partial<EtcdView>;
  readonly leaseHolders?: readonly string[];
  readonly addressHolder?: string;
  readonly order: readonly string[];
}

test.each<Case>([
  { name: 'nobody leads: as in the inventory', etcd: {}, order: ['cp-1', 'cp-2', 'cp-3', 'w-1'] },
  { name: 'the leader last', etcd: { leader: 'cp-1' }, order: ['cp-2', 'cp-3', 'cp-1', 'w-1'] },
  {
    name: 'who does not vote first',
    etcd: { voting: ['cp-1', 'cp-2'], leader: 'cp-2' },
    order: ['cp-3', 'cp-1', 'cp-2', 'w-1'],
  },
  {
    name: 'holders of leases late, the leader of etcd after them',
    etcd: { leader: 'cp-1' },
    leaseHolders: ['cp-2'],
    order: ['cp-3', 'cp-2', 'cp-1', 'w-1'],
  },
  {
    name: 'one that leads everything last',
    etcd: { leader: 'cp-1' },
    leaseHolders: ['cp-1'],
    order: ['cp-2', 'cp-3', 'cp-1', 'w-1'],
  },
  {
    name: 'one that does not vote first, whatever lease it holds',
    etcd: { voting: ['cp-1', 'cp-2'] },
    leaseHolders: ['cp-3'],
    order: ['cp-3', 'cp-1', 'cp-2', 'w-1'],
  },
  {
    name: 'who has the virtual address after the leader of etcd',
    etcd: { leader: 'cp-2' },
    addressHolder: 'cp-1',
    order: ['cp-3', 'cp-2', 'cp-1', 'w-1'],
  },
  {
    name: 'who has the virtual address and leads etcd last',
    etcd: { leader: 'cp-1' },
    leaseHolders: ['cp-3'],
    addressHolder: 'cp-1',
    order: ['cp-2', 'cp-3', 'cp-1', 'w-1'],
  },
  {
    name: 'who does not vote first, though it has the virtual address',
    etcd: { voting: ['cp-1', 'cp-2'], leader: 'cp-1' },
    addressHolder: 'cp-3',
    order: ['cp-3', 'cp-2', 'cp-1', 'w-1'],
  },
])('$name', ({ etcd, order, leaseHolders = [], addressHolder }) => {
  const view = { members: [], voting: ['cp-1', 'cp-2', 'cp-3'], leader: undefined, ...etcd };
  expect(rollOutOrder(inventory, { etcd: view, leaseHolders, addressHolder })).toEqual(order);
});
