import { setTimeout } from 'node:timers/promises';

/** Waits until so many bytes may pass. All who share a pace share its rate, in the order of asking. */
export type Pace = (bytes: number) => Promise<void>;

export interface Clock {
  /** Milliseconds. */
  now(): number;
  wait(milliseconds: number): Promise<unknown>;
}

const realClock: Clock = { now: () => performance.now(), wait: (milliseconds) => setTimeout(milliseconds) };

/** @param rate bytes per second, over everything that takes part */
export function pace(rate: number, { now, wait }: Clock = realClock): Pace {
  let free = 0;
  return async (bytes) => {
    const asked = now();
    const begin = Math.max(asked, free);
    free = begin + (bytes / rate) * 1000;
    if (begin > asked) await wait(begin - asked);
  };
}
