import type { FileHandle } from 'node:fs/promises';

/** Reads of this size keep the number of system calls low and memory flat. Bytes. */
const pieceSize = 1 << 20;

/**
 * Part of a file as a stream; ends early when the file does. Several may run on one handle at the same time.
 * @param bufferFor gives what the next piece is read into; by default each piece has memory of its own
 */
export async function* readAt(
  handle: FileHandle,
  offset: number,
  size: number,
  bufferFor: (size: number) => Buffer = Buffer.allocUnsafe,
): AsyncIterable<Buffer> {
  for (let done = 0; done < size; ) {
    const buffer = bufferFor(Math.min(pieceSize, size - done));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset + done);
    if (bytesRead === 0) return;
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Buffers in turn: what one holds is good until the next but one is asked for. Fresh memory would cost more than the reading. */
export function twoBuffers(): (size: number) => Buffer {
  let [next, other] = [Buffer.allocUnsafe(pieceSize), Buffer.allocUnsafe(pieceSize)];
  return (size) => {
    [next, other] = [other, next];
    return other.subarray(0, size);
  };
}

/** Part of a file, whole in memory; shorter when the file ends early. */
export async function readWhole(handle: FileHandle, offset: number, size: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of readAt(handle, offset, size)) pieces.push(piece);
  return Buffer.concat(pieces);
}
