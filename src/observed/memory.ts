import { paths } from '../host/paths.js';
import type { HostJournalEntry } from '../plan/generation.js';
import type { Transport } from '../transport/transport.js';
import type { GenerationFact } from './facts.js';
import { parseGenerations } from './parse-probe.js';
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
