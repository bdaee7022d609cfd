import { setMaxListeners } from 'node:events';
import { Failure, failureOf } from '../failure.js';

/** A limit on waiting: a number of milliseconds, and a signal that says stop. */
export interface Patience {
  /**
   * `work`, or a rejection as soon as patience ends. What `work` brings after that goes to `late`, to be tidied away.
   * @throws Failure `connection-lost` after the time, `interrupted` at the signal
   */
  during<T>(work: Promise<T>, late?: (value: T) => void): Promise<T>;
  /** The clock stands still while a person is asked, and starts anew afterwards. */
  whileAsking<T>(question: Promise<T>): Promise<T>;
  /** Time counts anew from now on. */
  again(): void;
  /** Must be called when there is nothing to wait for any more. */
  end(): void;
}

/** @param doing what is waited for, as a sentence without its full stop */
export function patience(
  host: string,
  doing: string,
  {
    timeoutMs,
    signal,
  }: { readonly timeoutMs?: number | undefined; readonly signal?: AbortSignal | undefined },
): Patience {
  let over: (failure: Failure) => void;
  const gone = new Promise<never>((_, reject) => {
    over = reject;
  });
  gone.catch(() => undefined);
  const stop = () =>
    over(
      failureOf(signal) ??
        new Failure({
          kind: 'interrupted',
          doing,
          where: { host },
          said: 'stopped as asked',
          next: 'run the same command again: it continues where this one stopped',
        }),
    );
  const expire = () => over(expired(host, doing, timeoutMs!));
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    if (timeoutMs !== undefined) timer = setTimeout(expire, timeoutMs);
  };
  start();
  if (signal) {
    // One signal stops the scripts of all hosts.
    setMaxListeners(0, signal);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  }
  return {
    during: (work, late) => {
      let waiting = true;
      work.then(
        (value) => waiting || late?.(value),
        () => undefined,
      );
      return Promise.race([gone, work]).finally(() => {
        waiting = false;
      });
    },
    whileAsking: async (question) => {
      clearTimeout(timer);
      const answer = await question;
      start();
      return answer;
    },
    again: () => void timer?.refresh(),
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    },
  };
}

const expired = (host: string, doing: string, timeoutMs: number): Failure =>
  new Failure({
    kind: 'connection-lost',
    doing,
    where: { host },
    said: `no end within ${timeoutMs / 1000} s`,
    next: 'see whether the host is overloaded or its disk hangs, then run the same command again',
  });
