import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import { Failure, type FailureKind, Failures } from '../../src/failure.js';

const failure = (kind: FailureKind): Failure => new Failure({ kind, doing: 'Testing' });

const table: Readonly<Record<FailureKind, number>> = {
  usage: 64,
  inventory: 64,
  keystore: 1,
  artifact: 1,
  unreachable: 75,
  unsound: 75,
  authentication: 1,
  'host-key': 1,
  privilege: 1,
  'connection-lost': 1,
  preflight: 1,
  apply: 1,
  gate: 1,
  locked: 75,
  refused: 1,
  interrupted: 130,
  internal: 1,
};

test.each(Object.entries(table))('%s ends with %i', (kind, code) => {
  expect(exitCodeOf(failure(kind as FailureKind))).toBe(code);
});

test.each<readonly [readonly FailureKind[], number]>([
  [['unreachable', 'unreachable'], 75],
  [['unreachable', 'authentication'], 1],
  [['locked', 'unreachable'], 75],
  [['preflight', 'preflight'], 1],
  [['inventory'], 64],
  [['interrupted', 'unreachable'], 130],
])('of several, what waiting cannot mend decides: %s ends with %i', (kinds, code) => {
  expect(exitCodeOf(new Failures(kinds.map(failure)))).toBe(code);
});

test('a defect is a failure', () => {
  expect(exitCodeOf(new Error('oops'))).toBe(1);
  expect(exitCodeOf(undefined)).toBe(1);
});
