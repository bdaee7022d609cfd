import { expect, test } from 'vitest';
import { awaitNameServer } from '../../src/check/await-name-server.js';
import { nameServers } from '../../src/desired/objects/core-dns.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { fakeChecking } from './fake-checking.js';

const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] });
const network = () => ({ wrong: 'nobody asks' });
const server = (status: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'coredns-1', namespace: 'kube-system' },
  status: { conditions: [{ type: 'Ready', status }] },
});

/** Looks at the pods until `looks` have been made, and then finds them ready. */
async function looksAt(objects: readonly ApiObject[], readyAfter: number): Promise<number> {
  const { checking } = fakeChecking({ inventory, network, objects });
  const [kube] = checking.kubes.values();
  let looks = 0;
  const list: NonNullable<typeof kube>['list'] = async () => [
    server(looks++ < readyAfter ? 'False' : 'True'),
  ];
  await awaitNameServer({ ...checking, patience: 60_000, kubes: new Map([['cp-1', { ...kube!, list }]]) });
  return looks;
}

test('looks until a name server is ready', async () => {
  expect(await looksAt([nameServers.service], 3)).toBe(4);
});

test('waits for nothing where the cluster has no such service', async () => {
  expect(await looksAt([], Number.POSITIVE_INFINITY)).toBe(0);
});
