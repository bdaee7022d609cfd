import { pack } from 'tar-stream';
import type { Blob } from '../../desired/artifact.js';
import type { Transport } from '../../transport/transport.js';
import { counted } from './counted.js';
import { receiveScript, receiveSmallScript } from './receive-script.js';
import { damaged, runTransfer } from './run-transfer.js';
import type { Uplink } from './uplink.js';

/** Where blobs go, and on whose behalf. */
export interface Sending {
  readonly transport: Transport;
  readonly uplink: Uplink;
  readonly lockId: string;
  /** What the blobs belong to, for people. */
  readonly what: string;
  readonly phase: 'binaries' | 'images';
  /** Called with the bytes of each piece once it is on its way. */
  readonly onSent: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Sends one blob to a host, where it is verified before it is used.
 * @param offset bytes that the host has of it already; when they turn out to be others, all is sent
 * @throws Failure `apply`, `artifact`, `locked`, `connection-lost`, `interrupted`
 */
export async function sendBlob(sending: Sending, blob: Blob, offset: number): Promise<void> {
  const { transport, uplink, lockId, onSent, phase } = sending;
  const prover = phase === 'images' ? 'containerd' : 'shell';
  const send = (from: number) =>
    runTransfer(transport, {
      ...about(sending),
      script: receiveScript(blob, from, lockId, prover),
      stdin: counted(uplink.read(blob, from), onSent),
    });
  let mismatch = await send(offset);
  if (mismatch !== undefined && offset > 0) mismatch = await send(0);
  if (mismatch !== undefined) throw damaged(transport.host, sending, mismatch);
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
