import type { Writable } from 'node:stream';

/** Tar headers are 512 bytes: sent one by one, each would cost a packet and a system call. */
const small = 32 * 1024;
const large = 1024 * 1024;

/** Chunks of at least 32 KiB where there is enough, and of at most 1 MiB. */
export async function* sized(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    gathered.push(chunk);
    size += chunk.length;
    if (size < small) continue;
    const whole = gathered.length === 1 ? chunk : Buffer.concat(gathered);
    gathered = [];
    size = 0;
    for (let at = 0; at < whole.length; at += large) yield whole.subarray(at, at + large);
  }
  if (size > 0) yield Buffer.concat(gathered);
}

/**
 * Writes `head` and `chunks` as fast as `to` takes them, then ends it. Stops early, without error, when `over` is
 * aborted: the reader is gone and has said why elsewhere. A channel of ssh2 never answers a write after that, so none
 * is waited for.
 *
 * @param onSent called after each chunk that `to` has taken
 * @throws what reading `chunks` throws; `to` is then not ended, since its reader must not take a part for the whole
 */
export async function feed(
  to: Writable,
  head: Buffer,
  chunks: AsyncIterable<Uint8Array> | undefined,
  over: AbortSignal,
  onSent: () => void = () => undefined,
): Promise<void> {
  to.write(head);
  for await (const chunk of chunks === undefined ? [] : sized(chunks)) {
    if (over.aborted) return;
    if (!to.write(chunk)) await drained(to, over);
    onSent();
  }
  if (!over.aborted) to.end();
}

function drained(to: Writable, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      to.off('drain', done);
      over.removeEventListener('abort', done);
      resolve();
    };
    to.on('drain', done);
    over.addEventListener('abort', done);
  });
}
