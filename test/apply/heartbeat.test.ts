import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beginHeartbeat, longestHeartbeat } from '../../src/apply/lock/heartbeat.js';
import { lockLifetime } from '../../src/apply/lock/lock-script.js';
import type { ExecResult, Transport } from '../../src/transport/transport.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Hosts that note when they were asked, and answer as they are told to. */
function hostsThat(answer: (host: string) => Promise<ExecResult>, count: number) {
  const asked: { readonly host: string; readonly second: number }[] = [];
  const began = Date.now();
  const transports = Array.from({ length: count }, (_, index) => {
    const host = `shop-${index + 1}`;
    const exec = () => {
      asked.push({ host, second: (Date.now() - began) / 1000 });
      return answer(host);
    };
    return { host, exec } as Pick<Transport, 'host' | 'exec'> as Transport;
  });
  return { asked, transports };
}

const well = { code: 0, stdout: '', stderr: '' };
const grouped = <One, Key>(all: readonly One[], keyOf: (one: One) => Key): Map<Key, One[]> => {
  const groups = new Map<Key, One[]>();
  for (const one of all) {
    const key = keyOf(one);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
};
const timesOf = (asked: readonly { readonly host: string; readonly second: number }[]) =>
  grouped(asked, ({ host }) => host);

for (const count of [1, 3, 200, 201, 1000, 5000])
  test(`${count} hosts are asked in turn, and each long before its lock grows old`, async () => {
    const { asked, transports } = hostsThat(async () => well, count);
    const heart = beginHeartbeat(transports, 'ours', 'each');
    heart.taken([]);
    await vi.advanceTimersByTimeAsync(4 * lockLifetime * 1000);
    const seconds = grouped(asked, ({ second }) => second);
    const most = Math.max(...[...seconds.values()].map(({ length }) => length));
    expect(most).toBeLessThanOrEqual(Math.max(10, Math.ceil(count / longestHeartbeat)));
    const times = timesOf(asked);
    expect(times.size).toBe(count);
    for (const own of times.values()) {
      const breaks = own.map(({ second }, index) => second - (own[index - 1]?.second ?? 0));
      expect(Math.max(...breaks)).toBeLessThanOrEqual(lockLifetime / 2);
    }
    await heart.end();
  });

test('a host that answers slowly is not asked again meanwhile', async () => {
  let answer: (result: ExecResult) => void = () => undefined;
  const slow = new Promise<ExecResult>((resolve) => {
    answer = resolve;
  });
  const { asked, transports } = hostsThat((host) => (host === 'shop-1' ? slow : Promise.resolve(well)), 2);
  const heart = beginHeartbeat(transports, 'ours', 'each');
  heart.taken([]);
  const count = () => (timesOf(asked).get('shop-1') ?? []).length;
  await vi.advanceTimersByTimeAsync(lockLifetime * 1000);
  expect(count()).toBe(1);
  expect((timesOf(asked).get('shop-2') ?? []).length).toBeGreaterThan(3);
  answer(well);
  await vi.advanceTimersByTimeAsync(longestHeartbeat * 1000);
  expect(count()).toBeGreaterThan(1);
  await heart.end();
});
