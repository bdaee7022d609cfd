import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Artifacts } from '../../desired/artifact.js';
import { placeOf, replaceOperatorFile, type Writing } from '../../operator/operator-file.js';
import { isHidden } from '../is-hidden.js';
import { cannotOpenSource, cannotWrite, damaged, sourceChanged, stopped } from './bundle-failures.js';
import { type Composed, compose } from './compose.js';
import { type Making, usersOf } from './contents.js';
import { blobName } from './format.js';
import { hashParts } from './hash-parts.js';
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
 * Writes artifacts into a bundle: under a temporary name, then renamed. Meanwhile every blob is hashed where it comes from.
 * @throws Failure `artifact` when the file cannot be written or a blob is not what its digest says; `interrupted`
 */
export async function writeBundle(artifacts: Artifacts, options: WriteOptions): Promise<Written> {
  const manifests = await imageManifests(artifacts);
  const composed = compose(artifacts, options, ({ digest }) => manifests.get(digest)!);
  const { pieces, size } = tarPieces(composed, options.created, artifacts);
  const mode = (await holdsHidden(composed, artifacts)) ? 0o600 : 0o666;
  let sha256 = '';
  await replaceOperatorFile(options.out, { ...bundleFile(options.out), mode }, async (part) => {
    try {
      const writing = writeDurably(part, mode, pieces, options, size);
      // Both must have ended before the file may be removed.
      const [checked] = await Promise.allSettled([
        checkSources(composed, artifacts, options.signal),
        writing,
      ]);
      if (checked.status === 'rejected') throw checked.reason;
      sha256 = await writing;
    } catch (cause) {
      throw cannotWrite(options.out, cause);
    }
  });
  return { digest: `sha256:${composed.index.sha256}`, sha256, size };
}

const bundleFile = (out: string): Writing => ({
  what: `the bundle ${out}`,
  next: 'Name another file with --out, or make its folder writable.',
});

/** Before hours of fetching. @throws Failure `usage` when nothing can be written there */
export const requirePlace = async (out: string): Promise<void> => void (await placeOf(out, bundleFile(out)));

/** True when something in it is not for everybody: a file that is private on hosts, or whose source is private here. */
async function holdsHidden({ leaves, made }: Composed, { list, place }: Artifacts): Promise<boolean> {
  if (list.some((artifact) => artifact.kind === 'binary' && isHidden(artifact.mode))) return true;
  const files = new Set(
    leaves.filter(({ sha256 }) => !made.has(sha256)).map(({ sha256 }) => place(sha256).file),
  );
  // One that is not there is told by whoever reads it.
  const modes = await Promise.all(
    [...files].map((file) =>
      stat(file).then(
        (found) => found.mode,
        () => 0o004,
      ),
    ),
  );
  return modes.some(isHidden);
}

const syncEvery = 64 << 20;

/** @throws Failure `artifact` when a blob is not what its digest says */
async function checkSources(
  { leaves, made }: Composed,
  artifacts: Artifacts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sources = leaves.filter(({ sha256 }) => !made.has(sha256));
  const jobs = sources.map(({ sha256, size }) => ({ ...artifacts.place(sha256), size }));
  const results = await hashParts(jobs, () => undefined, signal);
  for (const [at, { sha256 }] of sources.entries()) {
    const result = results[at];
    if (result === undefined) return; // It was told to stop; the writing reports that.
    if ('error' in result) throw cannotOpenSource(jobs[at]!.file, new Error(result.error));
    if ('sha256' in result && result.sha256 === sha256) continue;
    const { file, start } = jobs[at]!;
    // Nothing in another bundle begins where that begins.
    throw start === 0
      ? sourceChanged(file, sha256)
      : damaged(file, [`${usersOf(sha256, artifacts)} (${blobName(sha256)})`]);
  }
}

/** @returns hex SHA-256 of what was written */
async function writeDurably(
  path: string,
  mode: number,
  pieces: AsyncIterable<Uint8Array>,
  { out, onBytes, signal }: WriteOptions,
  size: number,
): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', mode);
  try {
    let written = 0;
    let unsynced = 0;
    let writing = Promise.resolve();
    let syncing: Promise<void> | undefined;
    for await (const piece of pieces) {
      if (signal?.aborted) throw stopped(out);
      await writing;
      // While the disk takes this piece, it is hashed here and the next one is read.
      writing = writeWhole(file, piece, written);
      writing.catch(() => {});
      hash.update(piece);
      written += piece.length;
      unsynced += piece.length;
      onBytes?.(written, size);
      if (unsynced < syncEvery || syncing !== undefined) continue;
      // The disk works while the rest is read: the last sync has little left to do.
      unsynced = 0;
      syncing = writing
        .then(() => file.datasync())
        .finally(() => {
          syncing = undefined;
        });
      syncing.catch(() => {});
    }
    await writing;
    await syncing;
    await file.datasync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** In as few calls as the system allows; FileHandle.writeFile makes many of it. */
async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
