import { createHash } from 'node:crypto';
import { Failure } from '../failure.js';

/** A SHA-256 of everything before it ends a snapshot; etcd's own tools look at it, too. */
const hashBytes = 32;

interface Frame {
  readonly result?: { readonly blob?: string };
  readonly error?: { readonly message?: string };
}

/** Looks at the bytes of a snapshot as they pass by: it is whole when the hash at its end is that of the rest. */
export function snapshotCheck(): { take(bytes: Uint8Array): void; isWhole(): boolean } {
  const hash = createHash('sha256');
  let tail: Buffer = Buffer.alloc(0);
  return {
    take: (bytes) => {
      const all = Buffer.concat([tail, bytes]);
      const settled = Math.max(0, all.length - hashBytes);
      hash.update(all.subarray(0, settled));
      tail = all.subarray(settled);
    },
    isWhole: () => tail.length === hashBytes && hash.digest().equals(tail),
  };
}

/**
 * The bytes of a snapshot from the lines of JSON that etcd's gateway streams it in, checked by the hash at their end.
 * What was yielded before it throws is of no use.
 * @throws Failure `gate`
 */
export async function* readSnapshot(stream: AsyncIterable<Buffer>, host: string): AsyncIterable<Uint8Array> {
  const broken = (said: string, cause?: unknown) =>
    new Failure({
      kind: 'gate',
      doing: 'Taking a snapshot of etcd',
      where: { host },
      said,
      next: 'Look at `podstrap status`, then try again.',
      cause,
    });
  const seen = snapshotCheck();
  try {
    for await (const line of lines(stream)) {
      const { result, error } = JSON.parse(line) as Frame;
      if (error !== undefined) throw broken(error.message ?? 'etcd ended it with an error');
      const blob = Buffer.from(result?.blob ?? '', 'base64');
      yield blob;
      seen.take(blob);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw broken(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (!seen.isWhole()) throw broken('what came is not whole: the hash at its end is not that of the rest');
}

/** Bytes of a line: etcd sends pieces of 32 KiB. */
const longestLine = 4 * 1024 * 1024;

async function* lines(stream: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest: string[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const parts = chunk.toString('latin1').split('\n');
    const last = parts.pop()!;
    for (const part of parts) {
      const line = [...rest, part].join('');
      [rest, size] = [[], 0];
      if (line.trim() !== '') yield line;
    }
    rest.push(last);
    size += last.length;
    if (size > longestLine) throw new Error(`a line of it has more than ${longestLine} bytes`);
  }
  const line = rest.join('');
  if (line.trim() !== '') yield line;
}
