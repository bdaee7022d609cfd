/** A time limit that does not count the time that people take. */
export interface Stopwatch {
  onExpired(expired: () => void): void;
  /** The clock starts anew when `work` is done. */
  pausedDuring<T>(work: Promise<T>): Promise<T>;
  stop(): void;
}

/** Starts at once. */
export function stopwatch(milliseconds: number): Stopwatch {
  let expired = (): void => undefined;
  let stopped = false;
  const start = () => setTimeout(() => expired(), milliseconds);
  let timer = start();
  return {
    onExpired: (told) => {
      expired = told;
    },
    pausedDuring: async (work) => {
      clearTimeout(timer);
      try {
        return await work;
      } finally {
        if (!stopped) timer = start();
      }
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
