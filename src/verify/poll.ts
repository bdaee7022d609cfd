import { setTimeout as delay } from 'node:timers/promises';
import { Failure, type FailureKind, failureOf } from '../failure.js';

/** What a look at something said: it is well, or what is still missing. */
export type Look = { readonly ok: true } | { readonly ok: false; readonly missing: string };

export const well: Look = { ok: true };
export const missing = (what: string): Look => ({ ok: false, missing: what });

export interface PollOptions {
  /** Milliseconds until the wait is given up. */
  readonly timeoutMs: number;
  /** Called with what is missing, each time that it changes. */
  readonly onWaiting: (missing: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Asked now and then while something is missing: a reason why waiting is of no use. */
  readonly hopeless?: () => Promise<string | undefined>;
}

/** Looks between two questions whether waiting is of any use. */
const looksPerQuestion = 12;

/** Milliseconds between two looks: short at first, since most things come up in a moment. */
const pause = (looks: number): number => Math.min(500, 50 + looks * 4);

/**
 * Looks until all is well. An error while looking counts as missing, since what is awaited may be starting.
 * @returns what was missing at the end, or undefined when all is well
 * @throws what the signal was aborted for, else Failure `interrupted`; from a look, Failure `connection-lost` of the transport and `locked` of a lost lock
 */
export async function poll(look: () => Promise<Look>, options: PollOptions): Promise<string | undefined> {
  const end = performance.now() + options.timeoutMs;
  let said = '';
  for (let looks = 0; ; looks++) {
    const result = await look().catch(lookFailed);
    if (result.ok) return undefined;
    if (result.missing !== said) options.onWaiting(result.missing);
    said = result.missing;
    if (performance.now() > end) return said;
    const reason = looks % looksPerQuestion === looksPerQuestion - 1 ? await options.hopeless?.() : undefined;
    if (reason !== undefined) return reason;
    await delay(pause(looks), undefined, options.signal ? { signal: options.signal } : {}).catch((cause) => {
      throw (
        failureOf(options.signal) ??
        new Failure({ kind: 'interrupted', doing: 'Waiting', said: `it was still missing: ${said}`, cause })
      );
    });
  }
}

/** What no waiting mends. */
const ends: readonly FailureKind[] = ['connection-lost', 'locked'];

function lookFailed(error: unknown): Look {
  if (error instanceof Failure && ends.includes(error.kind)) throw error;
  return missing(
    error instanceof Error ? error.message || (error as { code?: string }).code || error.name : String(error),
  );
}
