import { setMaxListeners } from 'node:events';
import { Failure } from '../failure.js';
import { endSignals } from './end-signals.js';

/** What Ctrl-C asks of a run. */
export interface Interrupts {
  /** Finish the step at hand, then stop. */
  readonly stop: AbortSignal;
  /** Stop now. */
  readonly abort: AbortSignal;
  /**
   * `work`, or a rejection when it was told to stop now and has not let go a moment later: some host that hangs, or a
   * stream without end, must not keep anybody. @throws HeldUp
   */
  within<T>(work: Promise<T>): Promise<T>;
  /** Stops now without a word: the operator has said so in another way than by a signal. */
  cancel(): void;
  /** Listens no more, and stops what still goes on beside a run that has ended. */
  dispose(): void;
}

/** A run that did not let go when it was told to. Whoever gets it ends the process: nothing else would. */
export class HeldUp extends Failure {}

/** Milliseconds. */
const patience = {
  /** For tidying up after what was stopped at once; there is little of it where nothing is being changed. */
  looking: 2_000,
  changing: 15_000,
  /** For the step at hand, before it is stopped as well: longer than any that goes well takes. */
  step: 10 * 60_000,
};

/**
 * Listens for SIGINT, SIGTERM and SIGHUP. While nothing is being changed, the first one stops at once; else it lets the
 * step at hand come to its end, and the second one stops at once.
 * @param say told what will happen
 */
export function listenForInterrupts(
  say: (text: string) => void,
  isChanging: () => boolean = () => false,
): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  // Every connection, transfer and wait of every host listens; hundreds of listeners are no leak here.
  setMaxListeners(0, stop.signal, abort.signal);
  const timers: NodeJS.Timeout[] = [];
  let heldUp: (failure: HeldUp) => void;
  const given = new Promise<never>((_, reject) => {
    heldUp = reject;
  });
  given.catch(() => undefined);
  const atOnce = () => {
    say('Stopping at once.');
    cancel();
  };
  const cancel = () => {
    const changing = isChanging();
    stop.abort();
    abort.abort();
    timers.push(
      setTimeout(() => heldUp(stillThere(changing)), changing ? patience.changing : patience.looking),
    );
  };
  const onSignal = () => {
    if (abort.signal.aborted) heldUp(stillThere(isChanging()));
    else if (stop.signal.aborted || !isChanging()) atOnce();
    else {
      say('Stopping after the current step. Press Ctrl-C again to stop at once.');
      stop.abort();
      timers.push(setTimeout(() => abort.signal.aborted || atOnce(), patience.step));
    }
  };
  for (const signal of endSignals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    cancel,
    within: (work) => Promise.race([work, given]),
    dispose: () => {
      for (const signal of endSignals) process.off(signal, onSignal);
      for (const timer of timers) clearTimeout(timer);
      abort.abort();
    },
  };
}

const stillThere = (changing: boolean): HeldUp =>
  new HeldUp({
    kind: 'interrupted',
    doing: 'Stopping at once',
    said: changing
      ? 'a host did not respond in time; what was sent to it may still be running there'
      : 'a host did not respond in time. Nothing was changed',
    next: changing
      ? 'Run the same command again: it continues from here. A lock that is left behind expires after two minutes; `podstrap unlock` removes it at once.'
      : 'Run the same command again.',
  });
