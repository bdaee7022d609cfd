import { expect, test } from 'vitest';
import { type RunRecord, recordText } from '../../src/observed/memory/run-record.js';
import { readRecord } from '../../src/observed/memory/told-record.js';

const record: RunRecord = {
  apiVersion: 'podstrap.io/v1alpha1',
  kind: 'RunRecord',
  run: 'run-1',
  sources: [{ path: 'cluster.yaml', text: '{}' }],
};

test('a record is read as it was written', () => {
  expect(readRecord('run-1', 'record', recordText(record))).toEqual(record);
});

test('what an earlier podstrap kept loses its comments and its secrets, and is a record then', () => {
  const yaml =
    '# the old password was geheim\nspec:\n  proxy: { httpProxy: "http://me:geheim@proxy.example" }\n';
  const kept = JSON.stringify([{ path: 'cluster.yaml', text: yaml }]);
  const read = readRecord('run-1', 'sources', kept)!;
  expect(JSON.stringify(read)).not.toContain('geheim');
  expect(JSON.parse(read.sources[0]!.text)).toEqual({
    spec: { proxy: { httpProxy: 'http://[taken out]@proxy.example' } },
  });
});

/** Levels of aliases, each of ten of the one below. */
const bomb = Array.from({ length: 9 }, (_, level) =>
  level === 0 ? 'a0: &a0 x' : `a${level}: &a${level} [${`*a${level - 1},`.repeat(10)}]`,
).join('\n');

test.each<readonly [string, 'record' | 'sources', string]>([
  ['no JSON', 'record', 'rm -rf /'],
  ['a field more', 'record', JSON.stringify({ ...record, more: 1 })],
  ['a run that leads out of its folder', 'record', JSON.stringify({ ...record, run: '../../etc' })],
  ['no sources', 'record', JSON.stringify({ ...record, sources: [] })],
  ['sources that are none', 'sources', '{"path":"a"}'],
  ['aliases that explode', 'sources', JSON.stringify([{ path: 'a', text: bomb }])],
  ['depth without end', 'sources', JSON.stringify([{ path: 'a', text: '['.repeat(200_000) }])],
])('%s is nothing that podstrap would have written', (_what, form, text) => {
  expect(readRecord('run-1', form, text)).toBeUndefined();
});
