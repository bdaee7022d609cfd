import { pack } from 'tar-stream';
import type { Blob } from '../../desired/artifact.js';
import type { Transport } from '../../transport/transport.js';
import { counted } from './counted.js';
import { isSlow, type Line, measuredBytes } from './line.js';
import { readingLine, receivePartScript, receiveScript, receiveSmallScript } from './receive-script.js';
import { damaged, runTransfer } from './run-transfer.js';
import type { Uplink } from './uplink.js';

/** Where blobs go, and on whose behalf. */
export interface Sending {
  readonly transport: Transport;
  readonly uplink: Uplink;
  readonly lockId: string;
  readonly line: Line;
  /** What the blobs belong to, for people. */
  readonly what: string;
  readonly phase: 'binaries' | 'images';
  /** Called with the bytes of each piece once it is on its way. */
  readonly onSent: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Sends one blob to a host, where it is verified before it is used. On a line that is slower than unpacking it travels
 * compressed, if it gets smaller by that.
 * @param offset bytes that the host has of it already; when they turn out to be others, all is sent
 * @throws Failure `apply`, `artifact`, `locked`, `connection-lost`, `interrupted`
 */
export async function sendBlob(sending: Sending, blob: Blob, offset: number): Promise<void> {
  const { transport, uplink, line, lockId, onSent, phase } = sending;
  const prover = phase === 'images' ? 'containerd' : 'shell';
  const send = (from: number, packed: boolean) =>
    runTransfer(transport, {
      ...about(sending),
      script: receiveScript(blob, from, lockId, prover, packed),
      stdin: packed ? uplink.readPacked(blob, from, onSent) : counted(uplink.read(blob, from), onSent),
    });
  const shrinks = line.packs !== false && (await uplink.shrinks(blob));
  const from = shrinks ? await measure(sending, blob, offset) : offset;
  const packed = shrinks && line.packs === true;
  let mismatch = await send(from, packed);
  if (mismatch !== undefined && from > 0) mismatch = await send(0, packed);
  if (mismatch !== undefined && packed) {
    // A host may have no gzip, or one of its own kind: as it is, a blob can always be sent.
    line.packs = false;
    mismatch = await send(0, false);
  }
  if (mismatch !== undefined) throw damaged(transport.host, sending, mismatch);
}

/**
 * Sends the first bytes of a blob as they are, where that has not been done before, and notes whether the line is slow.
 * @returns the bytes that the host has of the blob
 */
async function measure(sending: Sending, blob: Blob, offset: number): Promise<number> {
  const { transport, uplink, line, lockId, onSent } = sending;
  const end = offset + measuredBytes;
  if (line.packs !== undefined || end > blob.size) return offset;
  let began = performance.now();
  const mismatch = await runTransfer(transport, {
    ...about(sending),
    script: receivePartScript(blob, offset, lockId),
    stdin: counted(beginningOf(uplink.read(blob, offset), measuredBytes), onSent),
    onLine: (said) => {
      if (said === readingLine) began = performance.now();
    },
  });
  // It has another beginning: whoever sends the rest finds that out, too.
  if (mismatch !== undefined) return offset;
  line.packs = isSlow(measuredBytes, (performance.now() - began) / 1000);
  return end;
}

async function* beginningOf(bytes: AsyncIterable<Uint8Array>, length: number): AsyncIterable<Uint8Array> {
  let left = length;
  for await (const piece of bytes) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}

/** Sends many small blobs in one go; they arrive together. @throws as sendBlob */
export async function sendSmallBlobs(sending: Sending, blobs: readonly Blob[]): Promise<void> {
  const { transport, uplink, lockId, onSent } = sending;
  const mismatch = await runTransfer(transport, {
    ...about(sending),
    script: receiveSmallScript(blobs, lockId),
    stdin: archive(blobs, uplink),
  });
  if (mismatch !== undefined) throw damaged(transport.host, sending, mismatch);
  onSent(blobs.reduce((sum, { size }) => sum + size, 0));
}

const about = ({ what, phase, signal }: Sending) => ({ what, phase, ...(signal ? { signal } : {}) });

/** The blobs as members of a tar, named by their digests. They are small, so each may be whole in memory. */
async function* archive(blobs: readonly Blob[], uplink: Uplink): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const blob of blobs) {
    const pieces: Uint8Array[] = [];
    for await (const piece of uplink.read(blob, 0)) pieces.push(piece);
    tar.entry({ name: blob.sha256, mode: 0o600 }, Buffer.concat(pieces));
  }
  tar.finalize();
  yield* tar as AsyncIterable<Uint8Array>;
}
