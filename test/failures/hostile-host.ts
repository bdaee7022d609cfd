import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beatScript } from '../../src/apply/lock/lock-script.js';
import { patience } from '../../src/transport/patience.js';
import type { Exec, ExecResult, Transport } from '../../src/transport/transport.js';
import { words } from './hostile-words.js';

/** One lie of a host: which of its answers it is in, and what becomes of that. All are chosen by numbers, so that a seed tells all. */
export interface Lie {
  /** Every n-th script, the first one among them. */
  readonly every: number;
  readonly kind:
    | 'word'
    | 'line'
    | 'lines'
    | 'cut'
    | 'twice'
    | 'code'
    | 'json'
    | 'endless'
    | 'error'
    | 'end'
    | 'hang'
    | 'locked'
    | 'reports';
  readonly at: number;
  readonly word: string;
}

export const lies: fc.Arbitrary<Lie> = fc.record({
  every: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom(
    'word',
    'word',
    'word',
    'line',
    'lines',
    'cut',
    'twice',
    'code',
    'json',
    'json',
    'endless',
    'error',
    'end',
    'hang',
    'locked',
    'reports',
  ),
  at: fc.nat(),
  word: words,
});

/** The lie told in place of an answer. */
function told({ kind, at, word }: Lie, result: ExecResult): ExecResult {
  const lines = result.stdout.split('\n');
  const index = at % lines.length;
  const line = lines[index]!;
  const with_ = (text: string) => ({ ...result, stdout: lines.with(index, text).join('\n') });
  if (kind === 'word') {
    const parts = line.split(' ');
    return with_(parts.with(at % parts.length, word).join(' '));
  }
  if (kind === 'line') return with_(`${line}\n${word}`);
  if (kind === 'lines') return with_(`${word}\n`.repeat(100_000));
  if (kind === 'cut') return { ...result, stdout: result.stdout.slice(0, at % (result.stdout.length + 1)) };
  if (kind === 'twice') return { ...result, stdout: `${result.stdout}${result.stdout}` };
  if (kind === 'code') return { ...result, code: 1 + (at % 255), stderr: word };
  if (kind === 'endless') return with_(word.repeat(70_000));
  if (kind === 'error') return { ...result, stderr: `${word}\n`.repeat(1_000) };
  if (kind === 'end') return { ...result, stdout: word, stderr: word };
  if (kind === 'locked')
    return at % 2 === 0
      ? { code: 76, stdout: `${at % 100} ${at % 5_000} liar ${word}`, stderr: '' }
      : { code: 75, stdout: `@locked ${word}\n`, stderr: '' };
  if (kind === 'reports') {
    const number = [at % 40, -1, 1e9, word][at % 4]!;
    return with_(`@done ${number}\n@failed ${number} 1\n@have ${number}\n@end\n${line}`);
  }
  // In any text of JSON: the record, a generation, a journal.
  const strings = [...result.stdout.matchAll(/"[^"\n]*"/g)];
  const chosen = strings[at % Math.max(1, strings.length)];
  if (chosen === undefined) return with_(word);
  const { index: start } = chosen;
  const after = start + chosen[0].length;
  return {
    ...result,
    stdout: result.stdout.slice(0, start) + JSON.stringify(word) + result.stdout.slice(after),
  };
}

/**
 * The way to a host that does what it is told, and lies about it.
 * @param longest milliseconds after which it is taken for given up where it hangs; default: what the caller has said
 */
export function hostile(transport: Transport, lie: Lie, longest = Number.POSITIVE_INFINITY): Transport {
  let asked = 0;
  return {
    ...transport,
    exec: async (request) => {
      const isLie = asked++ % lie.every === 0;
      if (!isLie) return transport.exec(request);
      if (lie.kind === 'hang') return hang(transport.host, request, longest);
      const { onLine, ...rest } = request;
      const result = told(lie, await transport.exec(rest));
      for (const line of result.stdout.split('\n').slice(0, 1_000)) onLine?.(line);
      return result;
    },
  };
}

/** As a real way to a host ends when that never answers. */
async function hang(
  host: string,
  { timeoutMs = 30 * 60_000, signal }: Exec,
  longest: number,
): Promise<never> {
  const wait = patience(host, 'running a script', { timeoutMs: Math.min(timeoutMs, longest), signal });
  try {
    return await wait.during(new Promise<never>(() => undefined));
  } finally {
    wait.end();
  }
}

/** The way to a host, with a note of all that goes there: scripts, what they are given, and ports that are opened. */
export function noting(transport: Transport, sent: string[]): Transport {
  return {
    ...transport,
    exec: async (request: Exec) => {
      const { stdin } = request;
      if (stdin === undefined) {
        sent.push(request.script);
        return transport.exec(request);
      }
      const pieces: Buffer[] = [];
      const passing = async function* (): AsyncIterable<Uint8Array> {
        for await (const piece of stdin) {
          pieces.push(Buffer.from(piece));
          yield piece;
        }
      };
      try {
        return await transport.exec({ ...request, stdin: passing() });
      } finally {
        sent.push(`${request.script}\n${withoutTimes(Buffer.concat(pieces)).toString('latin1')}`);
      }
    },
  };
}

/** A tar without the times of its members, and their headers' sums. */
function withoutTimes(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 512 <= copy.length; at += 512)
    if (copy.toString('latin1', at + 257, at + 262) === 'ustar') copy.fill(0, at + 136, at + 156);
  return copy;
}

/**
 * What a run's scripts may differ in, and nothing else: its name, its lock, nonces, times, and digests of its own notes. Each as a
 * form of text that no host can choose.
 */
const ownWords: readonly (readonly [RegExp, string])[] = [
  [/\d{8}T\d{6}Z-[0-9a-f]{4}/g, 'RUN'],
  [/[0-9a-f]{16}\.[A-Za-z0-9_-]{20,}/g, 'LOCK'],
  [/@[0-9a-f]{16}\b/g, '@NONCE'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME'],
];

/** How often a lock is renewed is a matter of time. */
const isOfTime = (text: string): boolean => text === beatScript('LOCK');

/** What was sent, each once and in the order of its text: a host that is looked at again is asked the same again. */
export const withoutOwnWords = (sent: readonly string[]): readonly string[] =>
  [...new Set(sent.map((text) => ownWords.reduce((said, [form, name]) => said.replace(form, name), text)))]
    .filter((text) => !isOfTime(text))
    .sort();

/** A short name of a lie for a test's title. */
export const nameOf = ({
  kind,
  every,
  at,
  word,
}: Pick<Lie, 'every' | 'at' | 'word'> & { kind: string }): string =>
  `${kind} in every ${every}th answer, ${createHash('sha256').update(`${at} ${word}`).digest('hex').slice(0, 8)}`;
