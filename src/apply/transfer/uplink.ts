import { packedReads } from '../../bundle/packed-reads.js';
import { pieceSize, sharedReads } from '../../bundle/shared-reads.js';
import type { Artifacts, Blob } from '../../desired/artifact.js';
import { type Lanes, lanes } from '../../lanes.js';
import { type Clock, pace } from './pace.js';

/** What the operator's machine sends with: one for all hosts of a run. */
export interface Uplink {
  /** The bytes of a blob from `offset` on, no faster than all hosts together may have them. */
  read(blob: Blob, offset: number): AsyncIterable<Uint8Array>;
  /** The same, compressed with gzip. @param onSent called with the bytes of the blob that are on their way with each piece */
  readPacked(blob: Blob, offset: number, onSent: (bytes: number) => void): AsyncIterable<Uint8Array>;
  /** Whether a blob gets smaller by that. */
  shrinks(blob: Blob): Promise<boolean>;
  /** Hosts that are fed at the same time. */
  readonly lane: Lanes;
  close(): Promise<void>;
}

/** Each host that is being fed holds some MiB of what is under way to it. */
const fedAtOnce = 32;

/** Pieces of a limited uplink: small enough that hosts take turns, large enough for a packet to be full. */
const limitedPiece = (rate: number): number => Math.max(16 << 10, Math.min(pieceSize, Math.floor(rate / 16)));

/**
 * @param maxUpload bytes per second over all hosts together
 * @param clock that these seconds are told by. Default: the real one
 */
export function openUplink(artifacts: Artifacts, maxUpload?: number, clock?: Clock): Uplink {
  const reads = sharedReads(artifacts);
  const packed = packedReads(reads.read);
  const slowly = maxUpload === undefined ? asItComes : limitedTo(maxUpload, clock);
  return {
    read: async function* (blob, offset) {
      for await (const piece of reads.read(blob, offset)) yield* slowly(piece);
    },
    readPacked: async function* (blob, offset, onSent) {
      for await (const { bytes, holds } of packed.read(blob, offset)) {
        yield* slowly(bytes);
        onSent(holds);
      }
    },
    shrinks: packed.shrinks,
    lane: lanes(fedAtOnce),
    close: reads.close,
  };
}

type InParts = (piece: Uint8Array) => AsyncIterable<Uint8Array>;

const asItComes: InParts = async function* (piece) {
  yield piece;
};

function limitedTo(rate: number, clock?: Clock): InParts {
  const take = pace(rate, clock);
  const size = limitedPiece(rate);
  return async function* (piece) {
    for (let at = 0; at < piece.length; at += size) {
      const part = piece.subarray(at, at + size);
      await take(part.length);
      yield part;
    }
  };
}
