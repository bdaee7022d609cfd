import { Failure } from '../failure.js';
import { paths } from '../host/paths.js';
import { at } from '../host/shell.js';
import type { Generation, HostJournalEntry } from '../plan/generation.js';
import { Secret } from '../secret.js';
import type { Transport } from '../transport/transport.js';
import type { GenerationFact } from './facts.js';
import { parseGenerations } from './parse-memory.js';
import { generationsScript } from './probe.js';
import { sections } from './sections.js';

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
  const { stdout } = await transport.exec({
    script: `${generationsScript}
echo @journal; cat "$R${paths.journal}" 2>/dev/null
exit 0
`,
    timeoutMs: 30_000,
  });
  const all = sections(stdout);
  const { generation, generations } = parseGenerations(all.get('generations') ?? []);
  return {
    generation,
    generations,
    journal: (all.get('journal') ?? []).flatMap(entryOf),
  };
}

function entryOf(line: string): HostJournalEntry[] {
  try {
    return [JSON.parse(line) as HostJournalEntry];
  } catch {
    // A disk that was full or a hand that edited it: the other lines are as good as before.
    return [];
  }
}

/** A generation, and the inventory with its patches that led to it; the inventory comes first. */
export interface KeptState {
  readonly generation: Generation;
  /** Paths as in Inventory.sources; a password may stand in a text. */
  readonly sources: readonly { readonly path: string; readonly text: Secret }[];
}

/**
 * What a host had after a run, and the inventory with its patches that said so. Reads only.
 * @param run one that the host keeps
 * @throws Failure `refused` when what it keeps is damaged
 */
export async function readGeneration(transport: Transport, run: string): Promise<KeptState> {
  const folder = `${paths.generations}/${run}`;
  const { stdout } = await transport.exec({
    script: `echo @generation; cat ${at(`${folder}/generation.json`)}
echo @sources; cat ${at(`${folder}/sources.json`)}
exit 0
`,
    timeoutMs: 30_000,
  });
  const all = sections(stdout);
  const parse = (name: string): unknown => JSON.parse((all.get(name) ?? []).join('\n'));
  try {
    const texts = parse('sources') as readonly { readonly path: string; readonly text: string }[];
    return {
      generation: parse('generation') as Generation,
      sources: texts.map(({ path, text }) => ({ path, text: new Secret(text) })),
    };
  } catch {
    throw new Failure({
      kind: 'refused',
      doing: `Reading the generation of run ${run}`,
      where: { host: transport.host },
      said: `what lies in ${folder} is damaged`,
      next: 'Nothing was changed. Choose another run; `podstrap history --hosts` shows those that are kept.',
    });
  }
}
