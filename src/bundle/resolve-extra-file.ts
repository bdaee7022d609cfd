import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { z } from 'zod';
import { type BinaryArtifact, extraFileVersion } from '../desired/artifact.js';
import { Failure } from '../failure.js';
import type { Inventory } from '../inventory/inventory.js';
import { resolvePath } from '../inventory/reading/files.js';
import { blobSchema, type CachedBlob } from './cache.js';
import type { WantedExtraFile } from './catalog.js';
import { isHidden } from './is-hidden.js';
import type { ResolveContext } from './resolve-binaries.js';

const noteSchema = z.object({ size: z.number(), mtimeMs: z.number(), blob: blobSchema });

/**
 * A file of the user's own, copied into the cache, so that it cannot change between the plan and its sending. Not again
 * while its size and time stay the same. The copy is the owner's alone where the file is not for everybody, here or on hosts.
 * @throws Failure `artifact` when it cannot be read
 */
export async function resolveExtraFile(
  { source, path, mode, arch }: WantedExtraFile,
  inventory: Inventory,
  context: ResolveContext,
): Promise<BinaryArtifact> {
  const file = resolvePath(source, { directory: inventory.directory, home: homedir() });
  const { sha256, size } = await cached(file, mode, context).catch((cause) => {
    throw cause instanceof Failure ? cause : unreadable(file, cause);
  });
  return { kind: 'binary', name: source, version: extraFileVersion, arch, path, mode, sha256, size };
}

async function cached(
  file: string,
  wantedMode: number,
  { fetching: { cache }, onBytes }: ResolveContext,
): Promise<CachedBlob> {
  const { size, mtimeMs, mode } = await stat(file);
  const isPrivate = isHidden(mode) || isHidden(wantedMode);
  const key = `extra-file ${file}`;
  const note = await cache.note(key, noteSchema);
  const known = note?.size === size && note.mtimeMs === mtimeMs ? await cache.intact(note.blob) : undefined;
  const blob = known ?? (await cache.store(createReadStream(file, { highWaterMark: 1 << 20 }), isPrivate));
  // The copy that an earlier podstrap made, or one of the same content that was not private.
  if (isPrivate) await cache.hide(blob.sha256);
  if (blob !== known) await cache.setNote(key, { size, mtimeMs, blob });
  onBytes(blob.size, blob.size);
  return blob;
}

const unreadable = (file: string, cause: Error): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Reading ${file}`,
    said: cause.message,
    next: 'Correct its source in spec.artifacts.extraFiles, or use the bundle that holds it: `--bundle FILE`.',
    cause,
  });
