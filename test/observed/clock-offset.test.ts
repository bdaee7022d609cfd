import { expect, test } from 'vitest';
import { clockOffset } from '../../src/observed/clock-offset.js';

test.each([
  ['agrees, on a fast host', 1000, 1000.4, 1000.6, 0],
  ['agrees, where the login takes long', 1028, 1000, 1030, 0],
  ['agrees, where the answer takes long', 1000, 1000, 1120, 0],
  ['is read just before its second ends', 999, 999.9, 1000.1, 0],
  ['is an hour ahead', 4600, 1000, 1000, 3600],
  ['is an hour behind', 999, 4600, 4600, -3600],
  ['is ahead by what a slow host cannot explain', 1400, 1000, 1030, 370],
])('a clock that %s', (_, told, began, ended, offset) => {
  expect(clockOffset(told, began, ended)).toBe(offset);
});
