import type { ClusterRecord, HostFacts } from './facts.js';
import { readOnce } from './read-once.js';
import { values } from './sections.js';

/** The section `generations`; see generationsScript. */
export function parseGenerations(
  lines: readonly string[],
): Pick<HostFacts, 'generation' | 'generations' | 'mark' | 'leftovers'> {
  const found = values(lines);
  const [run, rollbackTo] = found.get('at')?.[0]?.split(' ') ?? [];
  return {
    generation: run === undefined ? undefined : { run, ...(rollbackTo ? { rollbackTo } : {}) },
    generations: found.get('kept') ?? [],
    mark: found.get('mark')?.[0] ?? '',
    ...leftoversOf(found.get('inventory') ?? [], found.has('store')),
  };
}

const leftoversOf = (inventories: readonly string[], store: boolean): Pick<HostFacts, 'leftovers'> =>
  inventories.length === 0 && !store ? {} : { leftovers: { inventories, store } };

/** The section `record`; undefined where there is none. */
export function parseRecord(lines: readonly string[]): ClusterRecord | undefined {
  const record = readRecord(lines.filter((line) => line !== 'bootstrapped').join('\n'));
  return record && { ...record, bootstrapped: lines.includes('bootstrapped') };
}

const readRecord = readOnce((text): Omit<ClusterRecord, 'bootstrapped'> | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
});
