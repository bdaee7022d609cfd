import type { z } from 'zod';
import { hostRecordSchema, recordSchema } from '../../desired/record-schema.js';
import { quoted, unsound } from '../../failure.js';
import { paths } from '../../host/paths.js';
import type { ClusterRecord, HostFacts } from '../facts.js';
import { readOnce } from '../read-once.js';
import { values } from '../sections.js';
import { patterns, told } from '../told.js';

/** The section `generations`; see generationsScript. */
export function parseGenerations(
  lines: readonly string[],
): Pick<HostFacts, 'generation' | 'generations' | 'mark' | 'leftovers'> {
  const found = values(lines);
  const [run, rollbackTo] = (found.get('at')?.[0]?.split(' ') ?? []).map((one) =>
    told('a run', one, patterns.run),
  );
  return {
    generation: run === undefined ? undefined : { run, ...(rollbackTo ? { rollbackTo } : {}) },
    generations: (found.get('kept') ?? []).filter((run) => patterns.run.test(run)),
    mark: told('the mark of its memory', found.get('mark')?.[0], patterns.sha256) ?? '',
    ...leftoversOf(
      (found.get('inventory') ?? []).filter((run) => patterns.run.test(run)),
      found.has('store'),
    ),
  };
}

const leftoversOf = (inventories: readonly string[], store: boolean): Pick<HostFacts, 'leftovers'> =>
  inventories.length === 0 && !store ? {} : { leftovers: { inventories, store } };

/** The section `record`; undefined where there is none. */
export function parseRecord(lines: readonly string[]): ClusterRecord | undefined {
  const record = readRecord(lines.filter((line) => line !== 'bootstrapped').join('\n'));
  return record && { ...record, bootstrapped: lines.includes('bootstrapped') };
}

/** One that is cut short is none, and is written anew; one that says what no podstrap writes is unsound. */
const readRecord = readOnce((text): Omit<ClusterRecord, 'bootstrapped'> | undefined => {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isFleet = typeof found === 'object' && found !== null && 'fleet' in found;
  const { data, error } = (isFleet ? hostRecordSchema : recordSchema).safeParse(found);
  if (error) throw unsound(`${paths.clusterRecord}: ${firstIssue(error)}`);
  return data as Omit<ClusterRecord, 'bootstrapped'>;
});

const firstIssue = ({ issues: [first] }: { readonly issues: readonly z.core.$ZodIssue[] }): string =>
  `${quoted(first!.path.join('.'))} is not what it can be`;
