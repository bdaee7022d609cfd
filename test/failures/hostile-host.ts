import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Exec, ExecResult, Transport } from '../../src/transport/transport.js';

/** What a hostile host hides in its answers: it would do harm in a shell, on a screen, in a path and in YAML. */
export const marker = '\u001b[2Kpwned$(touch /tmp/podstrap-pwned)`id`';

/** Words that a hostile host puts where others are. */
const words = fc.constantFrom(
  marker,
  `';${marker};'`,
  `${marker}/64`,
  `x\n@host\n${marker}`,
  `../../${marker}`,
  `{"name":"${marker}"}`,
  '9'.repeat(400),
  '-1',
  '__proto__',
  'cp-1',
  'f'.repeat(32),
  '10.0.0.11',
  'bootstrapped',
  '',
);

/** One lie of a host: which of its answers it is in, and what becomes of that. All are chosen by numbers, so that a seed tells all. */
export interface Lie {
  /** Every n-th script, the first one among them. */
  readonly every: number;
  readonly kind: 'word' | 'line' | 'lines' | 'cut' | 'twice' | 'code' | 'json' | 'endless' | 'error' | 'end';
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

/** The way to a host that does what it is told, and lies about it. */
export function hostile(transport: Transport, lie: Lie): Transport {
  let asked = 0;
  return {
    ...transport,
    exec: async (request) => {
      const isLie = asked++ % lie.every === 0;
      if (!isLie) return transport.exec(request);
      const { onLine, ...rest } = request;
      const result = told(lie, await transport.exec(rest));
      for (const line of result.stdout.split('\n').slice(0, 1_000)) onLine?.(line);
      return result;
    },
  };
}

/** The way to a host, with a note of all that goes there. */
export function noting(transport: Transport, sent: string[]): Transport {
  async function* passing(stdin: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of stdin) {
      sent.push(Buffer.from(piece).toString('latin1'));
      yield piece;
    }
  }
  return {
    ...transport,
    exec: (request: Exec) => {
      sent.push(request.script);
      const { stdin } = request;
      return transport.exec({ ...request, ...(stdin ? { stdin: passing(stdin) } : {}) });
    },
  };
}

/** A short name of a lie for a test's title. */
export const nameOf = ({ kind, every, at, word }: Lie): string =>
  `${kind} in every ${every}th answer, ${createHash('sha256').update(`${at} ${word}`).digest('hex').slice(0, 8)}`;
