import { describe, expect, test } from 'vitest';
import { applyPatches } from '../../src/desired/patches/apply-patches.js';
import { jsonPatch, PatchMismatch } from '../../src/desired/patches/json-patch.js';
import { mergePatch } from '../../src/desired/patches/merge-patch.js';
import { podMergeKeys } from '../../src/desired/patches/pod-merge-keys.js';
import { strategicMerge } from '../../src/desired/patches/strategic-merge.js';
import { Failure } from '../../src/failure.js';
import { jsonPatchCases, mergePatchCases, mismatches, strategicCases } from './patch-cases.js';

describe('a merge patch', () => {
  test.each(mergePatchCases)('$says', ({ target, patch, result }) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });
});

describe('a JSON patch', () => {
  test.each(jsonPatchCases)('$says', ({ target, patch, result }) => {
    const before = structuredClone(target);
    expect(jsonPatch(target, patch)).toEqual(result);
    expect(target).toEqual(before);
  });

  test.each(mismatches)('does not fit when $says', ({ target, patch }) => {
    expect(() => jsonPatch(target, patch)).toThrow(PatchMismatch);
  });
});

describe('a strategic merge patch of a pod', () => {
  test.each(strategicCases)('$says', ({ target, patch, result }) => {
    const before = structuredClone(target);
    expect(strategicMerge(target, patch, podMergeKeys)).toEqual(result);
    expect(target).toEqual(before);
  });

  test('does not fit when an element has no merge key', () => {
    expect(() => strategicMerge({}, { spec: { volumes: [{ emptyDir: {} }] } }, podMergeKeys)).toThrow(
      PatchMismatch,
    );
  });

  test('does not fit when it has a directive that podstrap does not know', () => {
    const patch = { spec: { '$setElementOrder/volumes': [{ name: 'a' }] } };
    expect(() => strategicMerge({}, patch, podMergeKeys)).toThrow(PatchMismatch);
  });
});

test('patches for another target are left out, the others are applied in order', () => {
  const patch = (target: 'etcd' | 'kube-scheduler', content: unknown) =>
    ({ target, type: 'merge', file: 'x.yaml', content }) as const;
  const patches = [patch('etcd', { a: 1 }), patch('kube-scheduler', { b: 1 }), patch('etcd', { a: 2, c: 3 })];
  expect(applyPatches({}, 'etcd', patches)).toEqual({ a: 2, c: 3 });
});

test('the kubelet’s configuration has no lists that merge by element', () => {
  const patch = {
    target: 'kubeletconfiguration',
    type: 'strategic',
    file: 'k.yaml',
    content: { registerWithTaints: [{ key: 'b', effect: 'NoSchedule' }] },
  } as const;
  expect(applyPatches({ registerWithTaints: [{ key: 'a' }] }, 'kubeletconfiguration', [patch])).toEqual(
    patch.content,
  );
});

test('a patch that does not fit is the inventory’s fault, and named', () => {
  const patch = {
    target: 'etcd',
    type: 'json',
    file: 'patches/etcd+json.yaml',
    content: [{ op: 'remove', path: '/spec/nowhere' }],
  } as const;
  const failure = caught(() => applyPatches({ spec: {} }, 'etcd', [patch]));
  expect(failure.kind).toBe('inventory');
  expect(failure.doing).toBe('applying the json patch patches/etcd+json.yaml to etcd');
  expect(failure.said).toBe('/spec/nowhere does not exist');
});

function caught(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
