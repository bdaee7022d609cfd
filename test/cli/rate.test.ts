import { expect, test } from 'vitest';
import { parseRate } from '../../src/cli/rate.js';

test.each([
  ['20M', 20e6],
  ['1.5G', 1.5e9],
  ['500k', 500e3],
  ['20MB/s', 20e6],
  ['4096', 4096],
])('%s is %d bytes per second', (text, rate) => {
  expect(parseRate(text)).toBe(rate);
});

test.each(['', 'M', '20 M', '-1M', '0', '12', '20X', '1e6'])('%j is no rate', (text) => {
  expect(() => parseRate(text)).toThrow('at least 1K');
});
