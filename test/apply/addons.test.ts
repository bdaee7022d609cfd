import { expect, test } from 'vitest';
import { bringAddons } from '../../src/apply/api/addons.js';
import type { Crew } from '../../src/apply/crew.js';
import { objectName } from '../../src/cluster/kube.js';
import { recordOf } from '../../src/desired/objects/addon-marks.js';
import { Failure } from '../../src/failure.js';
import type { AddonObject } from '../../src/inventory/addons/addon.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { fakeKube } from '../cluster/fake-kube.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';

const namespace: ApiObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const settings: ApiObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
};
const elsewhere: ApiObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'elsewhere' } };
const ofShop = (object: ApiObject): AddonObject => ({ addon: 'shop', place: 'shop.yaml:1', object });
const all = [namespace, settings, elsewhere];

/**
 * Brings `wanted` to an API server on which the namespace is being deleted, with all that is in it, and is gone after so
 * many looks at it. It refuses to make anything in it before, as API servers do.
 */
async function bring(wanted: readonly ApiObject[], looks: number) {
  const record = recordOf(wanted);
  const going = { ...namespace, metadata: { name: 'shop', uid: 'old', deletionTimestamp: 'now' } };
  const stored = new Map([going, record].map((object) => [objectName(object), object]));
  const done: string[] = [];
  let left = looks;
  const kube = fakeKube({
    get: async (object) => {
      if (object.kind === 'Namespace' && left-- === 0) {
        stored.delete('Namespace shop');
        done.push('the namespace is gone');
      }
      return stored.get(objectName(object));
    },
    apply: async (object) => {
      const name = objectName(object);
      const holder = stored.get('Namespace shop');
      if (object.kind === 'Namespace' && holder?.metadata['uid'] === 'old')
        throw new Error('this change goes with the namespace');
      if (object.metadata.namespace === 'shop' && holder?.metadata['uid'] !== 'new')
        throw new Failure({ kind: 'gate', doing: `Applying ${name}`, said: 'HTTP 403' });
      stored.set(name, { ...object, metadata: { ...object.metadata, uid: 'new' } });
      done.push(name);
    },
  });
  const waitedFor: string[] = [];
  const inventory = inventoryOf({
    kubernetesVersion: 'v1.36.3',
    hosts: [controlPlane(1)],
    timeouts: { addons: '1s' },
  });
  const never = new AbortController().signal;
  const emit = (event: { event: string; for?: string }) =>
    event.event === 'waiting' && waitedFor.push(event.for!);
  const crew = { session: { inventory, emit, abort: never, stop: never } } as unknown as Crew;
  const { failed, applied } = await bringAddons(crew, kube, wanted.map(ofShop), []);
  return { done, waitedFor, failed, applied: applied.map(({ object }) => objectName(object)) };
}

test('a namespace that is being deleted is waited for, and made anew with what is in it', async () => {
  const { done, waitedFor, failed, applied } = await bring(all, 3);
  expect(failed).toEqual([]);
  expect(waitedFor).toEqual(['Namespace shop to be deleted']);
  expect(done.slice(0, 2)).toEqual(['the namespace is gone', 'Namespace shop']);
  expect(applied).toEqual(all.map(objectName));
});

test('one that does not go is told of once, with where to look; what is not in it is applied', async () => {
  const { failed, applied } = await bring(all, Number.POSITIVE_INFINITY);
  expect(applied).toEqual(['ConfigMap elsewhere']);
  expect(failed).toMatchObject([
    {
      kind: 'gate',
      doing: 'Waiting until Namespace shop is gone, which is being deleted',
      said: 'it is still there; of addon shop could not be made before: Namespace shop, ConfigMap shop/settings',
    },
  ]);
  expect(failed[0]!.next).toContain('`podstrap kubectl get Namespace shop -o yaml` tells in spec.finalizers');
});

test('one that nobody makes anew leaves what is to be in it refused, as ever', async () => {
  const { done, failed } = await bring([settings], 3);
  expect(done[0]).toBe('the namespace is gone');
  expect(failed).toMatchObject([
    { doing: 'Applying ConfigMap shop/settings of addon shop (shop.yaml:1)', said: 'HTTP 403' },
  ]);
});
