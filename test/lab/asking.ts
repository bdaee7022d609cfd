import type { ChildProcess } from 'node:child_process';
import type { Lab } from './hosts.js';
import { beside } from './settings.js';
import { until } from './until.js';

/** What became of the requests of one asker, or of several. */
export interface Asked {
  readonly answered: number;
  /** When each failed, and of what. */
  readonly failed: readonly string[];
  /** Seconds that the slowest took that was answered. */
  readonly slowest: number;
  /** Seconds between two answers to one asker, at the most. */
  readonly longestGap: number;
  /** Who answered. */
  readonly by: readonly string[];
}

export interface Question {
  readonly url: string;
  /** Address of the name server that is asked for the URL's host. */
  readonly resolver?: string;
  /** Whoever asks the same server from the same place at the same time has another one. */
  readonly lane: 0 | 1 | 2 | 3;
}

interface Line {
  readonly at: number;
  readonly took: number;
  readonly by?: string;
  readonly said?: string;
}

/**
 * Asks a URL all the while from a network namespace of a host, each time through a new connection, and tries nothing
 * twice. Begins with the first answer.
 * @param namespace path in that host
 * @returns ends it
 */
export async function startAsking(
  lab: Lab,
  host: string,
  namespace: string,
  { url, resolver, lane }: Question,
): Promise<() => Promise<Asked>> {
  const lines: Line[] = [];
  let asker: ChildProcess | undefined;
  let rest = '';
  const words = [`${lane}`, url, ...(resolver === undefined ? [] : [resolver])];
  const command = [process.execPath, beside('asker.mjs'), ...words];
  const ended = lab.within(host, namespace, command, {
    onStart: (child) => {
      asker = child;
    },
    onOutput: (text) => {
      const [last, ...whole] = (rest + text).split('\n').reverse();
      rest = last!;
      lines.push(...whole.reverse().filter(isJson).map(parsed));
    },
  });
  const end = async () => {
    asker!.kill('SIGKILL');
    const { stderr } = await ended;
    if (stderr !== '') throw new Error(`the asker on ${host}: ${stderr}`);
  };
  try {
    await until(`${url} answers on ${host}`, async () => lines.some(({ by }) => by !== undefined));
  } catch (error) {
    await end();
    throw new Error(`it said ${lines.at(-1)?.said}`, { cause: error });
  }
  lines.splice(0);
  return async () => {
    await end();
    return {
      answered: lines.filter(({ by }) => by !== undefined).length,
      failed: lines.flatMap(({ at, took, said }) =>
        said === undefined ? [] : [`${new Date(at).toISOString()} ${host}, after ${took} ms: ${said}`],
      ),
      slowest: Math.max(0, ...lines.filter(({ by }) => by !== undefined).map(({ took }) => took)) / 1000,
      longestGap: longestGapOf(lines),
      by: [...new Set(lines.flatMap(({ by }) => by ?? []))].sort(),
    };
  };
}

function longestGapOf(lines: readonly Line[]): number {
  const answers = lines.filter(({ by }) => by !== undefined).map(({ at, took }) => at + took);
  return Math.max(0, ...answers.slice(1).map((end, index) => end - answers[index]!)) / 1000;
}

const isJson = (line: string): boolean => line.startsWith('{');
const parsed = (line: string): Line => JSON.parse(line) as Line;

/** All of them together. */
export const together = (asked: readonly Asked[]): Asked => ({
  answered: asked.reduce((sum, one) => sum + one.answered, 0),
  failed: asked.flatMap(({ failed }) => failed).sort(),
  slowest: Math.max(0, ...asked.map(({ slowest }) => slowest)),
  longestGap: Math.max(0, ...asked.map(({ longestGap }) => longestGap)),
  by: [...new Set(asked.flatMap(({ by }) => by))].sort(),
});
