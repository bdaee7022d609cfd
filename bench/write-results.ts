import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Results {
  /** Names the files. */
  readonly suite: string;
  /** What was compared, for the reader of the table. */
  readonly about: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Everything that was measured, run by run, with medians and ratios. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Writes bench/results/SUITE.json, with every single run, and SUITE.md, the table for people. */
export async function writeResults({ suite, about, columns, rows, figures }: Results): Promise<void> {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    date: new Date().toISOString(),
  };
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${suite}.json`, `${JSON.stringify({ suite, machine, ...figures }, null, 2)}\n`);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
  const where = `${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, ${machine.date.slice(0, 10)}.`;
  await writeFile(`${folder}${suite}.md`, `${about}\n\n${table}\n\n${where}\n`);
}

/** podstrap and kubeadm at the same work, in seconds. */
export interface Pair {
  readonly what: string;
  readonly podstrap: number;
  readonly kubeadm: number;
  /** The ratio that is wanted. */
  readonly most: number;
}

export const pairs = ['', 'podstrap', 'kubeadm', 'Ratio', 'At most'] as const;

export const pairRow = ({ what, podstrap, kubeadm, most }: Pair): readonly string[] => [
  what,
  `${podstrap.toFixed(1)} s`,
  `${kubeadm.toFixed(1)} s`,
  (podstrap / kubeadm).toFixed(2),
  String(most),
];
