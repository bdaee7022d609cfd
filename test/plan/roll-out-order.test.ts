import { expect, test } from 'vitest';
import { rollOutOrder } from '../../src/plan/roll-out-order.js';
import type { EtcdView } from '../../src/plan/situation.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';

const inventory = inventoryOf({
  kubernetesVersion: 'v1.36.3',
  hosts: [worker(1), controlPlane(1), controlPlane(2), controlPlane(3)],
});

test.each<readonly [string, Partial<EtcdView>, readonly string[]]>([
  [
    'nobody leads: as in the inventory',
    { voting: ['cp-1', 'cp-2', 'cp-3'] },
    ['cp-1', 'cp-2', 'cp-3', 'w-1'],
  ],
  ['the leader last', { voting: ['cp-1', 'cp-2', 'cp-3'], leader: 'cp-1' }, ['cp-2', 'cp-3', 'cp-1', 'w-1']],
  ['who does not vote first', { voting: ['cp-1', 'cp-2'], leader: 'cp-2' }, ['cp-3', 'cp-1', 'cp-2', 'w-1']],
])('%s', (_name, etcd, order) => {
  expect(rollOutOrder(inventory, { members: [], voting: [], leader: undefined, ...etcd })).toEqual(order);
});
