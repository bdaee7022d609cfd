import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Artifacts, Blob, PackedBlob } from '../desired/artifact.js';
import { lanes } from '../lanes.js';
import { blobSchema, type Cache, openCache } from './cache.js';
import { stopped } from './file/bundle-failures.js';
import { isHidden } from './is-hidden.js';
import { levels, type PackedReads, packedReads } from './packed-reads.js';
import { sharedReads } from './shared-reads.js';

const noteSchema = z.object({ blob: blobSchema, members: z.array(z.number()) });

/** As many as gzip has threads for. */
const atOnce = 2;

/**
 * Compresses binaries into the cache, for a bundle. What is not for everybody, or gets no smaller, is left as it is; what was
 * compressed before is not compressed again.
 * @returns those that were, by the hex SHA-256 of what is in them
 * @throws Failure `artifact` when the cache cannot be written; `interrupted`
 */
export async function packBinaries(
  artifacts: Artifacts,
  cacheDirectory: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, PackedBlob>> {
  const cache = await openCache(cacheDirectory);
  const reads = sharedReads(artifacts);
  const compressing = packedReads(reads.read, levels.forKeeps);
  const lane = lanes(atOnce);
  const packed = new Map<string, PackedBlob>();
  const distinct = new Map(
    artifacts.list.flatMap((one) => (one.kind === 'binary' ? [[one.sha256, one] as const] : [])),
  );
  try {
    await Promise.all(
      [...distinct.values()].map((binary) =>
        lane(async () => {
          if (signal?.aborted) throw stopped(cacheDirectory);
          const { mode } = await stat(artifacts.place(binary.sha256).file);
          if (isHidden(mode) || isHidden(binary.mode) || !(await compressing.shrinks(binary))) return;
          const found = (await known(cache, binary)) ?? (await pack(cache, compressing, binary, signal));
          packed.set(binary.sha256, found);
        }),
      ),
    );
  } finally {
    await reads.close();
  }
  return packed;
}

const noteOf = ({ sha256 }: Blob): string => `gzip ${levels.forKeeps} ${process.versions.zlib} ${sha256}`;

async function known(cache: Cache, blob: Blob): Promise<PackedBlob | undefined> {
  const note = await cache.note(noteOf(blob), noteSchema);
  const intact = note && (await cache.intact(note.blob));
  return intact && { sha256: intact.sha256, size: intact.size, members: note.members };
}

async function pack(
  cache: Cache,
  compressing: PackedReads,
  blob: Blob,
  signal: AbortSignal | undefined,
): Promise<PackedBlob> {
  const members: number[] = [];
  async function* pieces(): AsyncIterable<Uint8Array> {
    for await (const { bytes } of compressing.read(blob, 0)) {
      if (signal?.aborted) throw stopped(cache.directory);
      members.push(bytes.length);
      yield bytes;
    }
  }
  const stored = await cache.store(pieces());
  await cache.setNote(noteOf(blob), { blob: stored, members });
  return { sha256: stored.sha256, size: stored.size, members };
}
