import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Artifacts, Blob, BlobPlace } from '../desired/artifact.js';
import { Failure } from '../failure.js';
import { recently } from './recently.js';

/** Blobs for several hosts at once. */
export interface SharedReads {
  /** The bytes of a blob from `offset` on. @throws Failure `artifact` when they cannot be read */
  read(blob: Blob, offset: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Reads of this size keep the number of system calls and of SSH writes low. */
export const pieceSize = 1 << 20;

/** Pieces that are kept for hosts a little behind: memory stays the same however large the blobs. */
const piecesKept = 32;

/** Reads each piece once for all hosts that go in step; one that is far behind reads it again. */
export function sharedReads(artifacts: Artifacts): SharedReads {
  const files = new Map<string, Promise<FileHandle>>();
  const pieces = recently<Uint8Array>(piecesKept);
  const opened = (file: string): Promise<FileHandle> => {
    const handle = files.get(file) ?? open(file, 'r');
    files.set(file, handle);
    return handle;
  };
  const piece = (blob: Blob, index: number): Promise<Uint8Array> =>
    pieces(`${blob.sha256} ${index}`, () =>
      readPiece(opened, artifacts.place(blob.sha256), index, blob.size),
    );
  return {
    read: async function* (blob, offset) {
      for (let at = offset; at < blob.size; ) {
        const index = Math.floor(at / pieceSize);
        const bytes = (await piece(blob, index)).subarray(at - index * pieceSize);
        yield bytes;
        at += bytes.length;
      }
    },
    close: async () => {
      for (const handle of files.values())
        await handle.then(
          (file) => file.close(),
          () => undefined,
        );
      files.clear();
    },
  };
}

const unpack = promisify(gunzip);

/** @throws Failure `artifact` */
async function readPiece(
  opened: (file: string) => Promise<FileHandle>,
  { file, start, members }: BlobPlace,
  index: number,
  size: number,
): Promise<Uint8Array> {
  const at = index * pieceSize;
  const length = Math.min(pieceSize, size - at);
  if (members === undefined) return readWhole(opened, file, start + at, length);
  const before = members.slice(0, index).reduce((sum, one) => sum + one, 0);
  const bytes = await readWhole(opened, file, start + before, members[index] ?? 0);
  // One that holds more than it may is not unpacked any further.
  const piece = await unpack(bytes, { maxOutputLength: length }).catch((cause) => {
    throw unreadable(file, cause);
  });
  if (piece.length !== length) throw unreadable(file, new Error('a compressed part of it is too short'));
  return piece;
}

async function readWhole(
  opened: (file: string) => Promise<FileHandle>,
  file: string,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  try {
    const handle = await opened(file);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) throw new Error('it ends too early');
      done += bytesRead;
    }
    return bytes;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

const unreadable = (file: string, cause: unknown): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Reading ${file}`,
    said: cause instanceof Error ? cause.message : String(cause),
    next: 'Run the same command again: what is damaged in the cache is fetched again. A bundle is checked with `podstrap bundle verify`.',
    cause,
  });
