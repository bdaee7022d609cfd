import type { Wave } from './wave.js';

type Order = Pick<Wave, 'name' | 'after'>;

/** By wave, all that has to have ended or arrived before it, also by way of other waves. Waves are in the order in which they can start. Pure. */
export function ancestorsOf(waves: readonly Order[]): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, ReadonlySet<string>>();
  for (const { name, after } of waves)
    all.set(name, new Set(after.flatMap((one) => [one, ...(all.get(one) ?? [])])));
  return all;
}

/** Waves that may go while the one before them in the list still does, by name. Pure. */
export function meanwhile(waves: readonly Order[]): ReadonlySet<string> {
  const ancestors = ancestorsOf(waves);
  return new Set(
    waves.flatMap(({ name }, index) => {
      const previous = waves[index - 1];
      const waitsFor = ancestors.get(name)!;
      const waits = previous === undefined || waitsFor.has(previous.name) || waitsFor.has('settled');
      return waits ? [] : [name];
    }),
  );
}

/** The waves that a run takes before it is settled, and those that have to wait for that. Pure. */
export function aroundSettling<T extends Order>(waves: readonly T[]): readonly [readonly T[], readonly T[]] {
  const ancestors = ancestorsOf(waves);
  const waits = ({ name }: T) => ancestors.get(name)!.has('settled');
  return [waves.filter((wave) => !waits(wave)), waves.filter(waits)];
}
