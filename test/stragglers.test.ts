import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Failure } from '../src/failure.js';
import { eachInTime } from '../src/survey/open-site.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const hosts = (count: number) => Array.from({ length: count }, (_, index) => [`h-${index}`, index] as const);
/** Ends after so many milliseconds; never, unless it is given up, without. */
const work = (ms: number | undefined, late: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    late.addEventListener('abort', () => reject(late.reason));
    if (ms !== undefined) setTimeout(() => resolve('done'), ms);
  });
const outcomes = async (times: readonly (number | undefined)[], after: number) => {
  let settled: readonly string[] | undefined;
  void eachInTime(hosts(times.length), (index, late) => work(times[index], late)).then((results) => {
    settled = results.map((result) => {
      if (result.status === 'fulfilled') return result.value;
      const { kind, where } = result.reason as Failure;
      return `${kind} ${where.host}`;
    });
  });
  await vi.advanceTimersByTimeAsync(after);
  return settled;
};

test('a host that never answers is given up a while after the others', async () => {
  expect(await outcomes([100, 200, undefined], 50_000)).toBeUndefined();
  expect(await outcomes([100, 200, undefined], 50_300)).toEqual(['done', 'done', 'connection-lost h-2']);
});

test('a slow host is waited for', async () => {
  expect(await outcomes([100, 40_000], 41_000)).toEqual(['done', 'done']);
});

test('where all are slow, as on a busy machine, nobody is given up for it', async () => {
  expect(await outcomes([60_000, 60_000, 60_000, 200_000], 201_000)).toEqual(Array(4).fill('done'));
});

test('a lone host has all the time of what it was asked', async () => {
  expect(await outcomes([undefined], 600_000)).toBeUndefined();
});

test('when most hosts hang, those that answered do not wait for them for ever', async () => {
  expect(await outcomes([1, 1, undefined, undefined], 60_000)).toEqual([
    'done',
    'done',
    'connection-lost h-2',
    'connection-lost h-3',
  ]);
});
