/** What a host says of the runs that were finished on it. */
export interface ToldRuns {
  readonly host: string;
  /** The last one, and the run that it brought back when it was a rollback. */
  readonly generation: { readonly run: string; readonly rollbackTo?: string } | undefined;
  /** Runs that it keeps, oldest first. */
  readonly generations: readonly string[];
}

/**
 * Runs that there were, as far as the operator's machine remembers them, or most control planes do: one host cannot make up
 * a run. Pure.
 * @param listed all control planes of the inventory
 */
export const knownRuns = (
  own: readonly string[],
  listed: readonly string[],
  told: readonly ToldRuns[],
): ReadonlySet<string> => {
  const keepers = told.filter(({ host }) => listed.includes(host));
  const all = new Set(keepers.flatMap(({ generations }) => generations));
  const by = (run: string) => keepers.filter(({ generations }) => generations.includes(run)).length;
  return new Set([...own, ...[...all].filter((run) => by(run) > listed.length / 2)]);
};

/**
 * The newest run before what these hosts have now; undefined where there is none. A rollback counts as what it brought back,
 * so that two go back twice. Pure.
 */
export function runBefore(
  known: ReadonlySet<string>,
  hosts: readonly ToldRuns[],
): { readonly state: string; readonly run: string | undefined } {
  const now = hosts
    .flatMap(({ generation }) => (generation && known.has(generation.run) ? [generation] : []))
    .sort((a, b) => (a.run < b.run ? -1 : 1))
    .at(-1);
  const state = now?.rollbackTo ?? now?.run ?? '';
  const before = hosts
    .flatMap(({ generations }) => generations)
    .filter((run) => known.has(run) && run < state)
    .sort();
  return { state, run: before.at(-1) };
}
