import { poll, well } from '../verify/poll.js';

/** What became of one of several things that were waited for together. */
export interface Awaited {
  readonly seconds: number;
  /** What was missing of it at the end. */
  readonly missing?: string;
}

/**
 * Looks at all of them together until each is well or the time is over.
 * @param look what is missing of each; undefined when it is well
 */
export async function awaitEach(
  names: readonly string[],
  look: () => Promise<(name: string) => string | undefined>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Awaited>> {
  const began = performance.now();
  const elapsed = () => Math.round(performance.now() - began) / 1000;
  const ready = new Map<string, Awaited>();
  let said = new Map<string, string>();
  const unseen = await poll(
    async () => {
      const missingOf = await look();
      said = new Map();
      for (const name of names) {
        if (ready.has(name)) continue;
        const missing = missingOf(name);
        if (missing === undefined) ready.set(name, { seconds: elapsed() });
        else said.set(name, missing);
      }
      return said.size === 0 ? well : { ok: false, missing: [...said.values()].join('; ') };
    },
    { timeoutMs, onWaiting: () => undefined, signal },
  );
  return new Map(
    names.map((name) => [
      name,
      // A look that failed said nothing of any of them.
      ready.get(name) ?? { seconds: elapsed(), missing: said.get(name) ?? unseen ?? 'it was not seen' },
    ]),
  );
}
