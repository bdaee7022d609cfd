import { expect, test } from 'vitest';
import { parseTaints, type Taint, taintsAnnotation, taintsText } from '../../src/desired/node/taints.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { diffObject } from '../../src/plan/diff/diff-object.js';
import { changedTaints } from '../../src/plan/diff/node-taints.js';

const node = (noted: string, taints?: readonly Taint[]): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n-1', ...(noted === '' ? {} : { annotations: { [taintsAnnotation]: noted } }) },
  ...(taints === undefined ? {} : { spec: { taints } }),
});
const ours = { key: 'dedicated', value: 'db', effect: 'NoSchedule' };
const other = { key: 'dedicated', value: 'web', effect: 'NoSchedule' };
const theirs = {
  key: 'node.kubernetes.io/not-ready',
  effect: 'NoExecute',
  timeAdded: '2026-01-01T00:00:00Z',
};
const handed = { key: 'maintenance', effect: 'NoSchedule' };

test('taints are told as kubectl tells them, and read back', () => {
  const taints = [handed, ours, { key: 'example.com/gpu', effect: 'PreferNoSchedule' }];
  expect(taintsText(taints)).toBe(
    'dedicated=db:NoSchedule,example.com/gpu:PreferNoSchedule,maintenance:NoSchedule',
  );
  expect(taintsText(parseTaints(taintsText(taints)))).toBe(taintsText(taints));
  expect(parseTaints('')).toEqual([]);
  expect(parseTaints('nonsense,=x:NoSchedule,a:NoSchedule')).toEqual([{ key: 'a', effect: 'NoSchedule' }]);
});

test.for<readonly [string, string, string, readonly Taint[], readonly Taint[] | undefined]>([
  ['nothing is wanted and nothing there', '', '', [], undefined],
  ['what is wanted is there', taintsText([ours]), taintsText([ours]), [theirs, ours], undefined],
  ['one that is wanted is not there', taintsText([ours]), '', [theirs], [theirs, ours]],
  ['somebody took it away', taintsText([ours]), taintsText([ours]), [], [ours]],
  ['another value', taintsText([other]), taintsText([ours]), [ours, theirs], [theirs, other]],
  ['one of ours is wanted no more', '', taintsText([ours]), [theirs, ours, handed], [theirs, handed]],
  ['one of ours is wanted no more and gone', '', taintsText([ours]), [theirs], undefined],
  ['what podstrap never gave stays', '', '', [handed, theirs], undefined],
])('%s', ([, wanted, given, there, expected]) => {
  expect(changedTaints(node(wanted), node(given, there))).toEqual(expected);
});

test('a plan shows the taints that change, and says nothing of those that do not', () => {
  const [step] = diffObject(node('', undefined), {
    ...node(taintsText([ours]), [theirs, ours]),
    metadata: {
      name: 'n-1',
      annotations: { [taintsAnnotation]: taintsText([ours]) },
      managedFields: [
        {
          manager: 'podstrap',
          operation: 'Apply',
          fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${taintsAnnotation}`]: {} } } },
        },
      ],
    },
  });
  expect(step?.diff).toMatch(/^-.*key: dedicated$/m);
  expect(step?.diff).not.toMatch(/^[-+].*not-ready/m);
  expect(diffObject(node(taintsText([ours])), node(taintsText([ours]), [theirs, ours]))).toEqual([]);
});
