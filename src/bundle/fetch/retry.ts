import { setTimeout as pause } from 'node:timers/promises';
import type { Failure } from '../../failure.js';
import { interrupted } from './fetch-failures.js';

/** Something that may go better the next time. Carries the failure to report when it never does. */
export class Transient extends Error {
  readonly failure: Failure;
  /** Whether this attempt brought us further than the last one. */
  readonly progressed: boolean;

  constructor(failure: Failure, progressed = false) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.progressed = progressed;
  }
}

export interface RetryPolicy {
  /** Milliseconds before the second, third, … attempt; when they are used up, the failure is thrown. */
  readonly delays: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `attempt` until it returns or throws anything but a {@link Transient}. An attempt that made progress starts the
 * count anew: a bad line that still carries bytes gets there in the end.
 */
export async function retried<T>(attempt: () => Promise<T>, { delays, signal }: RetryPolicy): Promise<T> {
  for (let failed = 0; ; failed++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      if (error.progressed) failed = 0;
      if (failed >= delays.length) throw error.failure;
      await pause(delays[failed], undefined, signal ? { signal } : {}).catch(() => {
        throw interrupted();
      });
    }
  }
}
