import { expect, test } from 'vitest';
import { asFailed, beginning, continued, hasFailed } from '../../../src/plan/rollout/rollout-record.js';
import { amountOf } from '../../../src/plan/rollout/stages.js';

const [one, other] = ['1', '2'].map((digit) => digit.repeat(64)) as [string, string];
const at = '2026-12-01T00:00:00.000Z';
const now = { digest: one, run: 'second', at };
const underWay = {
  ...beginning(undefined, { digest: one, run: 'first', at }),
  hosts: { a: 'proved' as const, b: 'changing' as const },
  approved: { canary: { by: 'me', at } },
  owed: ['z'],
};

test('a roll-out goes on with what it has proved, soaked and approved', () => {
  expect(continued(underWay, ['b', 'c'], now)).toEqual(underWay);
});

test('it begins anew when something else is wanted, when it has failed, and when what it has proved changes once more', () => {
  for (const record of [
    continued(underWay, ['c'], { ...now, digest: other }),
    continued(asFailed(underWay, 'b: broken', at), ['c'], now),
    continued(underWay, ['a'], now),
  ])
    expect(record).toMatchObject({ run: 'second', state: 'under-way', hosts: {}, approved: {}, owed: ['z'] });
});

test('what has failed is remembered, whatever is rolled out in between', () => {
  const failed = asFailed(underWay, 'b: broken', at);
  expect(hasFailed(failed, one)).toBe(true);
  expect(hasFailed(continued(failed, [], { ...now, digest: other }), one)).toBe(true);
  expect(hasFailed(failed, other)).toBe(false);
});

test('a part of hosts is rounded up where it lets change, and down where it lets fail', () => {
  expect(amountOf('10%', 11, 'up')).toBe(2);
  expect(amountOf('10%', 19, 'down')).toBe(1);
  expect(amountOf(3, 1, 'up')).toBe(3);
});
