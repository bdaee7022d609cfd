import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../../events.js';
import { Failure } from '../../failure.js';
import { isGone } from '../../operator/process-identity.js';
import type { ToldFailures } from '../problem.js';
import { beginningOf } from '../run-id.js';
import type { JournalEntry, RunEnded } from './journal-file.js';

/** What one run came to. */
export interface PastRun {
  readonly run: string;
  /** When it began, ISO 8601. */
  readonly time: string;
  /** user@machine; undefined in journals that an earlier podstrap wrote. */
  readonly by: string | undefined;
  readonly command: string | undefined;
  /** Changes that were made. */
  readonly changes: number;
  /** `killed`: it ended without a word. */
  readonly result: RunEnded['result'] | 'running' | 'killed';
  /** Until its last word. */
  readonly seconds: number | undefined;
}

type Told<Event extends RunEvent['event']> = Extract<JournalEntry, { readonly event: Event }>;

/** A run with all that its journal tells. */
export interface RunStory extends PastRun {
  /** The approved plan; undefined when the run came to none. */
  readonly plan: Told<'planned'> | undefined;
  readonly steps: readonly Told<'step'>[];
  readonly warnings: readonly Told<'warning'>[];
  readonly failures: ToldFailures;
}

/** The runs that a directory has journals of, oldest first. */
export const readHistory = (directory: string): readonly RunStory[] =>
  runsIn(directory).map((run) => storyOf(run, entriesOf(join(directory, `${run}.jsonl`))));

/** @param given its name, or a beginning that only it has @throws Failure `usage` */
export function readStory(directory: string, given: string): RunStory {
  const runs = runsIn(directory);
  const found = runs.includes(given) ? [given] : runs.filter((run) => run.startsWith(given));
  if (found.length === 1) return storyOf(found[0]!, entriesOf(join(directory, `${found[0]}.jsonl`)));
  throw new Failure({
    kind: 'usage',
    doing: `Looking for the run ${given}`,
    said: found.length === 0 ? `${directory} has no such run` : `these begin with it: ${found.join(', ')}`,
    next: 'See the runs with `podstrap history --all`; those of other operators with `podstrap history --hosts`.',
  });
}

/** True for a run that changed something or was about to. */
export const isChange = ({ changes, plan }: RunStory): boolean => changes > 0 || plan !== undefined;

/** Names of the runs that a directory has journals of, oldest first. */
export function runsIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => name.slice(0, -'.jsonl'.length))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function entriesOf(file: string): readonly JournalEntry[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line): JournalEntry[] => {
      try {
        return [JSON.parse(line) as JournalEntry];
      } catch {
        // The last line of a run that was killed may be half a line.
        return [];
      }
    });
}

function storyOf(run: string, entries: readonly JournalEntry[]): RunStory {
  const all = <Event extends JournalEntry['event']>(event: Event) =>
    entries.filter(
      (entry): entry is Extract<JournalEntry, { readonly event: Event }> => entry.event === event,
    );
  const [began] = all('began');
  const [ended] = all('ended');
  const times = entries.map(({ at }) => Date.parse(at));
  const steps = all('step');
  const silent = began === undefined || isGone(began.process) ? 'killed' : 'running';
  return {
    run,
    time: entries[0]?.at ?? beginningOf(run) ?? run,
    by: began?.by,
    command: began?.command,
    changes: steps.length,
    result: ended?.result ?? silent,
    seconds: times.length === 0 ? undefined : (times.at(-1)! - times[0]!) / 1000,
    plan: all('planned').at(-1),
    steps,
    warnings: all('warning'),
    failures: ended?.failures ?? [],
  };
}
