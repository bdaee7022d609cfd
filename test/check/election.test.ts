import { expect, test } from 'vitest';
import { awaitController, firstKube } from '../../src/check/checking.js';
import { waitedForElection } from '../../src/check/election.js';
import type { Kube } from '../../src/cluster/kube.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { missing, well } from '../../src/verify/poll.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { fakeChecking } from './fake-checking.js';

const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] });
const checking = () => fakeChecking({ inventory, network: () => ({ wrong: 'nobody asks' }) }).checking;
const second = (after: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, after)).toISOString();

/** Leases whose holders got them in this second, and renew them at each look from `renews` on. */
function withLeases(acquired: Readonly<Record<string, number>>, renews = 0): Kube {
  let looks = 0;
  const get = async ({ metadata: { name } }: ApiObject): Promise<ApiObject | undefined> => {
    const since = acquired[name];
    if (since === undefined) return undefined;
    const spec = { acquireTime: second(since), renewTime: second(100 + Math.max(0, ++looks - renews)) };
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-system' },
      spec,
    };
  };
  return { ...firstKube(checking()), get };
}
const never = new AbortController().signal;

test.each<readonly [string, Readonly<Record<string, number>>, boolean]>([
  ['both were at work all the while', { 'kube-controller-manager': 1, 'kube-scheduler': 2 }, false],
  ['one has just begun', { 'kube-controller-manager': 1, 'kube-scheduler': 95 }, true],
  ['nobody is elected here', {}, false],
])('%s', async (_what, acquired, expected) => {
  expect(await waitedForElection(withLeases(acquired), never)).toBe(expected);
});

test('an election that is still going on is waited for', async () => {
  expect(await waitedForElection(withLeases({ 'kube-controller-manager': 101 }, 5), never)).toBe(true);
});

test('what a controller does gets its time again once there is one', async () => {
  for (const [acquired, looks] of [
    [95, 2],
    [1, 1],
  ] as const) {
    const kubes = new Map([['cp-1', withLeases({ 'kube-controller-manager': acquired })]]);
    let seen = 0;
    const look = async () => (++seen > 1 ? well : missing('no service account'));
    expect(await awaitController({ ...checking(), kubes }, look)).toBe(
      looks === 2 ? undefined : 'no service account',
    );
    expect(seen).toBe(looks);
  }
});
