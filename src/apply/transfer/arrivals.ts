/** What one host gets, for those who wait for it. */
export interface Arrivals {
  come(sha256: string, isThere: boolean): void;
  end(): void;
  /** False when it will not come, or the waiting was stopped. */
  of(sha256: string, signal?: AbortSignal): Promise<boolean>;
}

export function awaitedArrivals(): Arrivals {
  const known = new Map<string, boolean>();
  const waiting = new Map<string, Set<(isThere: boolean) => void>>();
  let isOver = false;
  const tell = (sha256: string) => {
    for (const told of waiting.get(sha256) ?? []) told(known.get(sha256) ?? false);
    waiting.delete(sha256);
  };
  return {
    come: (sha256, isThere) => {
      known.set(sha256, isThere);
      tell(sha256);
    },
    end: () => {
      isOver = true;
      for (const sha256 of [...waiting.keys()]) tell(sha256);
    },
    of: async (sha256, signal) => {
      if (known.has(sha256) || isOver || signal?.aborted) return known.get(sha256) ?? false;
      return new Promise((resolve) => {
        waiting.set(sha256, (waiting.get(sha256) ?? new Set()).add(resolve));
        signal?.addEventListener('abort', () => resolve(false), { once: true });
      });
    },
  };
}
