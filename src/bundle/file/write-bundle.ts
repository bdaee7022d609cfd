import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Artifacts } from '../artifact.js';
import { cannotWrite, stopped } from './bundle-failures.js';
import { compose } from './compose.js';
import type { Making } from './contents.js';
import { imageManifests } from './image-manifests.js';
import { tarPieces } from './tar-pieces.js';

export interface WriteOptions extends Making {
  /** Where the finished file goes; one of that name is replaced. */
  readonly out: string;
  /** Called with the bytes written so far, and with those of the whole file. */
  readonly onBytes?: ((written: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A bundle that was written. */
export interface Written {
  /** `sha256:…` of its index.json. */
  readonly digest: string;
  /** Hex SHA-256 of the whole file. */
  readonly sha256: string;
  /** Bytes of the whole file. */
  readonly size: number;
}

/**
 * Writes artifacts into a bundle: under a temporary name, then renamed. Every blob is hashed on its way.
 * @throws Failure `artifact` when the file cannot be written or a blob is not what its digest says; `interrupted`
 */
export async function writeBundle(artifacts: Artifacts, options: WriteOptions): Promise<Written> {
  const manifests = await imageManifests(artifacts);
  const composed = compose(artifacts.list, options, ({ digest }) => manifests.get(digest)!);
  const { pieces, size } = tarPieces(composed, options.created, artifacts);
  const part = `${options.out}.${process.pid}.part`;
  try {
    const sha256 = await writeDurably(part, pieces, options, size);
    await rename(part, options.out);
    await syncDirectory(dirname(options.out));
    return { digest: `sha256:${composed.index.sha256}`, sha256, size };
  } catch (cause) {
    await rm(part, { force: true });
    throw cannotWrite(options.out, cause);
  }
}

/** @returns hex SHA-256 of what was written */
async function writeDurably(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { out, onBytes, signal }: WriteOptions,
  size: number,
): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  try {
    let written = 0;
    let writing = Promise.resolve();
    for await (const piece of pieces) {
      if (signal?.aborted) throw stopped(out);
      await writing;
      // While the disk takes this piece, it is hashed here and the next one is read.
      writing = file.writeFile(piece);
      writing.catch(() => {});
      hash.update(piece);
      written += piece.length;
      onBytes?.(written, size);
    }
    await writing;
    await file.datasync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** A renamed file outlives a power cut only when its directory is synced, too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  await directory.sync().finally(() => directory.close());
}
