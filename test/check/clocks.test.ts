import { expect, test } from 'vitest';
import { judgeClock } from '../../src/check/check-clocks.js';

const clocks = (...seconds: readonly number[]) => new Map(seconds.map((one, index) => [`h${index}`, one]));

test.each<readonly [string, readonly number[], string | undefined]>([
  ['all agree', [0.2, -0.4, 0.5], undefined],
  ['the operator’s own clock is a little off', [60, 61, 60], undefined],
  ['one host is off', [30, 0, 0], 'its clock is 30 s ahead of that of most hosts'],
  ['one of two is off', [-30, 0], undefined],
  ['one host is far behind', [-300, 0, 0], 'its clock is 300 s behind the operator’s'],
])('%s: %j', (_what, offsets, said) => {
  expect(judgeClock('h0', clocks(...offsets))?.said).toBe(said);
});

test('of two hosts that differ, one is told', () => {
  const offsets = clocks(-30, 0);
  expect([judgeClock('h0', offsets), judgeClock('h1', offsets)].map((one) => one?.said)).toEqual([
    undefined,
    'its clock is 30 s ahead of that of most hosts',
  ]);
});
