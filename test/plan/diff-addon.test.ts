import { describe, expect, test } from 'vitest';
import { leftOver, marked, recordedIn, recordOf } from '../../src/desired/objects/addon-marks.js';
import type { AddonObject } from '../../src/inventory/addons/addon.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { needsForesight } from '../../src/observed/views/addon-view.js';
import { diffAddon, diffRecord, pruneAddon } from '../../src/plan/diff/diff-addon.js';
import { unknownKinds } from '../../src/plan/refuse/unknown-kinds.js';

const settings: ApiObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { color: 'blue' },
};
const wanted: AddonObject = { addon: 'shop', place: 'shop/a.yaml:1', object: settings };
const stored = (object: ApiObject, more: object = {}): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, uid: 'u', resourceVersion: '7', ...more },
});
const ours = stored(marked(wanted, undefined));

describe('an object of an addon', () => {
  test('is made where it is not there, also where its kind is still to come', () => {
    expect(diffAddon(wanted, { is: 'absent' })).toMatchObject([
      { phase: 'addons', action: { do: 'apply-object', create: true }, reason: 'addon shop' },
    ]);
    expect(diffAddon(wanted, { is: 'unknown' })[0]!.reason).toBe('addon shop, once its kind is defined');
  });

  test('is made anew where it, or its namespace, is being deleted', () => {
    const namespace: ApiObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    expect(diffAddon(wanted, { is: 'going', what: namespace })).toMatchObject([
      {
        action: { do: 'apply-object', object: 'ConfigMap shop/settings', create: true },
        reason: 'addon shop, once Namespace shop is gone, which is being deleted',
      },
    ]);
  });

  test('needs no question where a look tells that nothing differs', () => {
    expect(needsForesight(wanted, ours)).toBe(false);
    expect(diffAddon(wanted, { is: 'there', observed: ours })).toEqual([]);
    const changed = { ...wanted, object: { ...settings, data: {} } };
    expect(needsForesight(changed, ours), 'a field that left the manifest').toBe(true);
  });

  test('does not differ where the API server only spells it in another way', () => {
    const observed = { ...ours, data: { color: 'BLUE' }, status: { seen: 1 } };
    const outcome = {
      object: { ...observed, status: { seen: 2 }, metadata: { ...observed.metadata, generation: 2 } },
    };
    expect(diffAddon(wanted, { is: 'there', observed, outcome })).toEqual([]);
  });

  test('shows what the API server would make of it, or why it would not', () => {
    const observed = { ...ours, data: { color: 'red' } };
    const [step] = diffAddon(wanted, { is: 'there', observed, outcome: { object: ours } });
    expect(step!.diff).toContain('-  color: red\n+  color: blue');
    expect(step!.diff).not.toMatch(/uid|resourceVersion|podstrap.io\/manifest/);
    const refused = diffAddon(wanted, { is: 'there', observed, outcome: { refused: 'it is immutable' } });
    expect(refused[0]!.reason).toBe(
      'addon shop: its fields differ; the API server would refuse it: it is immutable',
    );
  });

  test('is a Secret: nothing of it is shown, not even a digest', () => {
    const secret = { ...wanted, object: { ...settings, kind: 'Secret' } };
    const observed = { ...stored(marked(secret, undefined)), data: { color: 'cmVk' } };
    const outcome = { object: stored(marked(secret, undefined)) };
    const [step] = diffAddon(secret, { is: 'there', observed, outcome });
    expect(step!.diff).toBeUndefined();
    const again = diffAddon(secret, {
      is: 'there',
      observed: { ...observed, data: { color: 'x' } },
      outcome,
    });
    expect(step!.replaces).toBe(again[0]!.replaces);
  });
});

describe('what left the inventory', () => {
  test('goes when podstrap made it', () => {
    expect(pruneAddon(ours)).toMatchObject([
      { action: { do: 'remove-object', object: 'ConfigMap shop/settings' } },
    ]);
  });

  test.each([
    ['it is gone', undefined],
    ['it is about to go', stored(ours, { deletionTimestamp: 'now' })],
    ['it was there before podstrap', stored(marked(wanted, stored(settings)))],
    [
      'its owner wants it to stay',
      stored(ours, {
        annotations: { ...(ours.metadata['annotations'] as object), 'podstrap.io/prune': 'disabled' },
      }),
    ],
  ])('stays as it is when %s', (_name, observed) => {
    expect(pruneAddon(observed)).toEqual([]);
  });

  test('is found by the record', () => {
    const cluster: ApiObject = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' } };
    const record = recordOf([settings, cluster, settings]);
    expect(recordedIn(record)).toEqual([
      { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' } },
    ]);
    expect(leftOver(record, [settings])).toEqual([cluster]);
    expect(leftOver(record, [settings, { ...cluster, apiVersion: 'example.com/v2' }])).toEqual([]);
    expect(recordedIn({ ...record, data: { objects: 'edited by hand\n\n' } })).toEqual([]);
  });

  test('leaves no record behind', () => {
    expect(diffRecord([], undefined)).toEqual([]);
    expect(diffRecord([], recordOf([settings]))).toMatchObject([{ action: { do: 'remove-object' } }]);
    expect(diffRecord([settings], recordOf([settings]))).toEqual([]);
    expect(diffRecord([settings], recordOf([]))).toMatchObject([{ action: { create: false } }]);
  });
});

describe('a kind that nobody defines', () => {
  const crate = { ...wanted, object: { ...settings, apiVersion: 'shop.example.com/v1', kind: 'Crate' } };
  const definition: AddonObject = {
    ...wanted,
    object: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'crates.shop.example.com' },
      spec: { group: 'shop.example.com', names: { kind: 'Crate' } },
    },
  };
  const inventory = { file: 'cluster.yaml', addons: [] };
  const key = 'shop.example.com/Crate/shop/settings';

  test('is told with its place, before there is an API server and when it does not know it', () => {
    const [failure] = unknownKinds(inventory, [crate, wanted], new Map());
    expect(failure!.said).toBe(
      'shop/a.yaml:1: Crate.shop.example.com shop/settings: nothing defines the kind Crate of shop.example.com/v1',
    );
    expect(unknownKinds(inventory, [crate], new Map([[key, { is: 'unknown' }]]))).toHaveLength(1);
  });

  test('is none that is there, that a manifest defines, or that a program will', () => {
    expect(unknownKinds(inventory, [crate], new Map([[key, { is: 'absent' }]]))).toEqual([]);
    expect(unknownKinds(inventory, [crate, definition], new Map())).toEqual([]);
    const installs = { name: 'shop', network: false, installs: ['shop.example.com'], objects: [] };
    expect(unknownKinds({ ...inventory, addons: [installs] }, [crate], new Map())).toEqual([]);
  });
});
