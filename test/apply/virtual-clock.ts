import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/apply/transfer/pace.js';

/** A clock on which no time passes but what somebody waits for: who waits shortest goes on first. */
export function virtualClock(): Clock {
  let time = 0;
  let ticking = false;
  const waiting: { readonly until: number; readonly go: () => void }[] = [];
  async function tick(): Promise<void> {
    ticking = true;
    while (waiting.length > 0) {
      await setImmediate();
      waiting.sort((one, other) => one.until - other.until);
      const { until, go } = waiting.shift()!;
      time = Math.max(time, until);
      go();
    }
    ticking = false;
  }
  return {
    now: () => time,
    wait: (milliseconds) =>
      new Promise((resolve) => {
        waiting.push({ until: time + milliseconds, go: () => resolve(undefined) });
        if (!ticking) void tick();
      }),
  };
}
