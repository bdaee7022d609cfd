import { expect, test } from 'vitest';
import { inWindow } from '../../../src/apply/rollout/in-window.js';

const nights = { days: ['Mon', 'Fri'], from: '22:00', to: '05:00', timeZone: 'Europe/Berlin' } as const;

test.each([
  ['in the evening of its day', '2026-11-30T21:30:00Z', true],
  ['behind midnight, which is still that of the day before', '2026-12-01T03:59:00Z', true],
  ['when it has ended', '2026-12-01T04:00:00Z', false],
  ['before it begins', '2026-11-30T20:59:00Z', false],
  ['in the night of another day', '2026-12-01T22:00:00Z', false],
  ['in summer time', '2026-07-03T20:00:00Z', true],
])('a window over midnight: %s', (_, now, open) => {
  expect(inWindow({ ...nights, days: [...nights.days] }, new Date(now))).toBe(open);
});

test('a window within a day, and none', () => {
  const lunch = { days: ['Tue' as const], from: '12:00', to: '13:00', timeZone: 'UTC' };
  expect(inWindow(lunch, new Date('2026-12-01T12:00:00Z'))).toBe(true);
  expect(inWindow(lunch, new Date('2026-12-01T13:00:00Z'))).toBe(false);
  expect(inWindow(undefined, new Date('2026-12-01T13:00:00Z'))).toBe(true);
});
