import { z } from 'zod';
import { paths } from '../../host/paths.js';
import { at } from '../../host/shell.js';
import type { Transport } from '../../transport/transport.js';
import type { GenerationFact } from '../facts.js';
import { parseGenerations } from '../probe/parse-memory.js';
import { generationsScript } from '../probe/probe.js';
import { askSections } from '../sections.js';
import { patterns, shownText } from '../told.js';
import type { Generation, HostJournalEntry } from './generation.js';

/** What a host remembers of the runs that were finished on it. */
export interface HostMemory {
  /** The last one; undefined where none was. */
  readonly generation: GenerationFact | undefined;
  /** Runs whose generations are kept, oldest first. */
  readonly generations: readonly string[];
  /** Oldest first. */
  readonly journal: readonly HostJournalEntry[];
}

/** Asks a host what it remembers. Reads only. @throws Failure `connection-lost` */
export async function readMemory(transport: Transport): Promise<HostMemory> {
  const script = `${generationsScript}\nt journal; cat "$R${paths.journal}" 2>/dev/null\nexit 0\n`;
  const { all } = await askSections(transport, { script, timeoutMs: 30_000 }, (title) =>
    ['generations', 'journal'].includes(title),
  );
  const { generation, generations } = parseGenerations(all.get('generations') ?? []);
  return {
    generation,
    generations,
    journal: (all.get('journal') ?? []).flatMap(entryOf),
  };
}

const run = z.string().regex(patterns.run);
const shown = z.string().transform(shownText);
const journalEntry = z.object({
  run,
  time: z.iso.datetime(),
  by: shown,
  podstrap: shown,
  plan: shown,
  rollbackTo: run.optional(),
  steps: z.int().min(0),
  result: z.literal('done'),
});

function entryOf(line: string): HostJournalEntry[] {
  try {
    const { success, data } = journalEntry.safeParse(JSON.parse(line));
    return success ? [data as HostJournalEntry] : [];
  } catch {
    // A disk that was full or a hand that edited it: the other lines are as good as before.
    return [];
  }
}

/** Enough of its form for whoever reads on; all else of it is only compared. */
const generationSchema = z.looseObject({
  kind: z.literal('Generation'),
  run: z.string(),
  podstrap: z.string().max(100),
  resources: z.array(
    z
      .looseObject({
        kind: z.string(),
        phase: z.string(),
        path: z.string().optional(),
        ref: z.string().optional(),
        name: z.string().optional(),
        sha256: z.string().optional(),
      })
      .refine(({ path, ref, name }) => (path ?? ref ?? name) !== undefined),
  ),
});

/**
 * What a host says it had after a run. Reads only.
 * @returns undefined where nothing of the kind is kept, or what lies there is damaged
 * @throws Failure `connection-lost`
 */
export async function readGeneration(transport: Transport, run: string): Promise<Generation | undefined> {
  const { stdout } = await transport.exec({
    script: `head -c ${mostOfGeneration} ${at(`${paths.generations}/${run}/generation.json`)} 2>/dev/null\nexit 0\n`,
    timeoutMs: 30_000,
  });
  try {
    return generationSchema.parse(JSON.parse(stdout)) as unknown as Generation;
  } catch {
    return undefined;
  }
}

/** Bytes. */
const mostOfGeneration = 4 * 1024 * 1024;
