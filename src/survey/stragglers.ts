import { Failure } from '../failure.js';

/** Milliseconds that a host has once most of the others are done: one that is slow needs less, one that hangs has no end. */
const grace = 50_000;
/** The same as a multiple of the time that most of them took, where that is longer, as on a machine that is busy. */
const asMany = 3;

/** Hosts that do the same at the same time. */
export interface Stragglers {
  /** Aborted, with the failure to tell, when a host is to be given up. */
  signalOf(host: string): AbortSignal;
  /** A host has come to an end, whichever. */
  ended(host: string): void;
}

/**
 * Gives up those hosts that are still busy long after half of them have come to an end. A lone host has all the time of what
 * it was asked.
 * @param doing what they do, for the failure
 */
export function stragglers(hosts: readonly string[], doing: string): Stragglers {
  const left = new Map(hosts.map((host) => [host, new AbortController()]));
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const giveUp = (): void => {
    for (const [host, ending] of left) ending.abort(late(host, doing));
  };
  return {
    signalOf: (host) => left.get(host)!.signal,
    ended: (host) => {
      left.delete(host);
      if (left.size === 0) clearTimeout(timer);
      else if (timer === undefined && left.size <= hosts.length / 2) {
        timer = setTimeout(giveUp, Math.max(grace, asMany * (performance.now() - began)));
        timer.unref();
      }
    },
  };
}

const late = (host: string, doing: string): Failure =>
  new Failure({
    kind: 'connection-lost',
    doing,
    where: { host },
    said: `it had not finished ${grace / 1000} s after most of the other hosts had`,
    next: 'Look at that host: it hangs, or its disk does. Then run the same command again.',
  });
