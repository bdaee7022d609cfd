import { setMaxListeners } from 'node:events';

/** The two Ctrl-C of a run. */
export interface Interrupts {
  /** First: finish the step at hand, then stop. */
  readonly stop: AbortSignal;
  /** Second: stop now. */
  readonly abort: AbortSignal;
  /** Listens no more, and stops what still goes on beside a run that has ended. */
  dispose(): void;
}

/** Listens for SIGINT, SIGTERM and SIGHUP. @param say told what will happen */
export function listenForInterrupts(say: (text: string) => void): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  // Every connection, transfer and wait of every host listens; hundreds of listeners are no leak here.
  setMaxListeners(0, stop.signal, abort.signal);
  const onSignal = () => {
    if (!stop.signal.aborted) {
      say('Stopping after the step at hand. Press Ctrl-C again to stop at once.');
      stop.abort();
    } else {
      say('Stopping at once.');
      abort.abort();
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal);
      abort.abort();
    },
  };
}
