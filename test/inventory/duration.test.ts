import { expect, test } from 'vitest';
import { Failure } from '../../src/failure.js';
import { parseDuration } from '../../src/inventory/duration.js';

test.each([
  ['0s', 0],
  ['1500us', 1.5],
  ['250ms', 250],
  ['1.5s', 1500],
  ['4m', 240_000],
  ['1h30m', 5_400_000],
  ['8760h', 31_536_000_000],
])('%s is %d ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(['', '10', '1d', '-1h', '1 h', 'h', '1h 30m', '.s'])('%j is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow(Failure);
});
