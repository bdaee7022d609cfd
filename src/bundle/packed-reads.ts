import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Blob } from '../desired/artifact.js';
import { recently } from './recently.js';
import { pieceSize } from './shared-reads.js';

/** A part of a blob as a member of a gzip stream: members one behind the other are one stream (RFC 1952). */
export interface PackedPiece {
  readonly bytes: Uint8Array;
  /** Bytes of the blob that are in it. */
  readonly holds: number;
}

/** Blobs, compressed on their way. */
export interface PackedReads {
  /** The blob from `offset` on. A host that lost its connection goes on from any byte that it has. */
  read(blob: Blob, offset: number): AsyncIterable<PackedPiece>;
  /** Whether it is worth it: what is compressed already does not get smaller. */
  shrinks(blob: Blob): Promise<boolean>;
}

/** How hard to compress: programs shrink to 33 % at 90 MB/s of one processor, or to 30 % at 35 MB/s. */
export const levels = { onTheWay: 1, forKeeps: 6 } as const;
/** Pieces that are kept for hosts a little behind. */
const piecesKept = 32;
/** More than this of the beginning of a blob means that it is not worth it. */
const worthwhile = 0.9;

const compress = promisify(gzip);

/** Compresses each piece once for all hosts that go in step. @param readRaw gives a blob from a byte on */
export function packedReads(
  readRaw: (blob: Blob, offset: number) => AsyncIterable<Uint8Array>,
  level: number = levels.onTheWay,
): PackedReads {
  const pieces = recently<PackedPiece>(piecesKept);
  const pack = async (blob: Blob, at: number): Promise<PackedPiece> => {
    const raw = await first(readRaw(blob, at));
    return { bytes: await compress(raw, { level }), holds: raw.length };
  };
  const piece = (blob: Blob, at: number): Promise<PackedPiece> =>
    pieces(`${blob.sha256} ${at}`, () => pack(blob, at));
  return {
    read: async function* (blob, offset) {
      const nextOf = (at: number) => Math.min(blob.size, (Math.floor(at / pieceSize) + 1) * pieceSize);
      let coming = offset < blob.size ? piece(blob, offset) : undefined;
      for (let at = offset; coming !== undefined; ) {
        const now = await coming;
        at = nextOf(at);
        // The next one is compressed while this one is on its way.
        coming = at < blob.size ? piece(blob, at) : undefined;
        coming?.catch(() => undefined);
        yield now;
      }
    },
    shrinks: async (blob) => {
      const { bytes, holds } = await piece(blob, 0);
      return bytes.length < holds * worthwhile;
    },
  };
}

async function first(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const piece of bytes) return piece;
  return new Uint8Array();
}
