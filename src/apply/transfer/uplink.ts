import { pieceSize, sharedReads } from '../../bundle/shared-reads.js';
import type { Artifacts, Blob } from '../../desired/artifact.js';
import { type Lanes, lanes } from '../../lanes.js';
import { type Clock, pace } from './pace.js';

/** What the operator's machine sends with: one for all hosts of a run. */
export interface Uplink {
  /** The bytes of a blob from `offset` on, no faster than all hosts together may have them. */
  read(blob: Blob, offset: number): AsyncIterable<Uint8Array>;
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
  return {
    read: maxUpload === undefined ? reads.read : limited(reads.read, maxUpload, clock),
    lane: lanes(fedAtOnce),
    close: reads.close,
  };
}

function limited(read: Uplink['read'], rate: number, clock?: Clock): Uplink['read'] {
  const take = pace(rate, clock);
  const size = limitedPiece(rate);
  return async function* (blob, offset) {
    for await (const piece of read(blob, offset))
      for (let at = 0; at < piece.length; at += size) {
        const part = piece.subarray(at, at + size);
        await take(part.length);
        yield part;
      }
  };
}
