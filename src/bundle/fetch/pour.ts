import type { Readable } from 'node:stream';
import type { PartFile } from './part-file.js';

/** Bytes that may wait for the disk before the network has to wait too. */
const mostWaiting = 4 << 20;

/**
 * Appends everything that arrives to a part. A stream that breaks throws away what it has buffered, so every piece is
 * taken out at once and waits here for the disk: nothing that arrived has to be fetched again.
 * @param onSize called with the part's size after each piece; what it throws ends the transfer
 */
export function pour(body: Readable, part: PartFile, onSize: (size: number) => void): Promise<void> {
  let waiting = 0;
  let writing = Promise.resolve();
  const write = async (piece: Buffer) => {
    await part.append(piece);
    waiting -= piece.length;
    onSize(part.size);
    if (body.isPaused() && waiting < mostWaiting / 2) body.resume();
  };
  return new Promise((resolve, reject) => {
    body.on('data', (piece: Buffer) => {
      waiting += piece.length;
      if (waiting > mostWaiting) body.pause();
      writing = writing.then(() => write(piece));
      writing.catch((error) => body.destroy(error));
    });
    body.on('end', () => writing.then(resolve, reject));
    body.on('error', (error) => writing.then(() => reject(error), reject));
    body.on('close', () => writing.then(() => reject(new Error('the answer ended early')), reject));
  });
}
