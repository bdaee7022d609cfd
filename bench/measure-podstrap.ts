import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../test/lab/command.js';
import { processorWatch, stopwatch } from './stopwatch.js';

/** What one run of podstrap took. CPU and memory are those of its own process, without what it started. */
export interface Usage {
  /** From the start of the process to its end. */
  readonly wallSeconds: number;
  /** User and system time together. */
  readonly cpuSeconds: number;
  /** Processor time of everything else on the machine meanwhile: of the hosts, where they are on it and nothing else is. */
  readonly hostsSeconds: number;
  /** The most that was resident. */
  readonly rssMegabytes: number;
}

export type Environment = Readonly<Record<string, string>>;

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Runs the built podstrap as its users do.
 * @param bin another build's program than this one's
 * @param more variables besides those that every run has
 * @throws Error with what it said when it does not end with 0
 */
export async function measurePodstrap(
  directory: string,
  args: readonly string[],
  bin = beside('../dist/cli/bin.js'),
  more: Environment = {},
): Promise<Usage> {
  const scratch = await mkdtemp(join(tmpdir(), 'podstrap-usage-'));
  const report = join(scratch, 'usage.json');
  const environment = {
    HOME: directory,
    BENCH_USAGE: report,
    SSH_AUTH_SOCK: undefined,
    KUBECONFIG: undefined,
    NO_COLOR: '1',
    ...more,
  };
  const command = ['--import', beside('usage.mjs'), bin, ...args];
  try {
    const [seconds, processors] = [stopwatch(), processorWatch()];
    const ended = await runCommand(process.execPath, command, { directory, environment });
    const [wallSeconds, allSeconds] = [seconds(), processors()];
    if (ended.code !== 0)
      throw new Error(
        `podstrap ${args.join(' ')} ended with ${ended.code}\n${ended.stdout}\n${ended.stderr.slice(-8000)}`,
      );
    const own = JSON.parse(await readFile(report, 'utf8')) as Pick<Usage, 'cpuSeconds' | 'rssMegabytes'>;
    return { wallSeconds, ...own, hostsSeconds: allSeconds - own.cpuSeconds };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
