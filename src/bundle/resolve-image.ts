import type { Blob, ImageArtifact } from '../desired/artifact.js';
import { parseImageName } from '../kubernetes/image-name.js';
import type { Cache } from './cache.js';
import type { WantedImage } from './catalog.js';
import { notCached } from './fetch/fetch-failures.js';
import { type CachedImage, cachedImageSchema, fetchImage } from './fetch/fetch-image.js';
import type { Registries } from './fetch/registry.js';
import { changed, type ResolveContext } from './resolve-binaries.js';

/** One platform of an image, from the cache or fetched. */
export async function resolveImage(
  { ref, arch }: WantedImage,
  registries: Registries,
  { fetching, offline, onBytes }: ResolveContext,
): Promise<ImageArtifact> {
  const { cache } = fetching;
  const key = `image ${registries.url(ref)} ${parseImageName(ref).reference} ${arch}`;
  let image = await remembered(key, cache);
  if (image === undefined) {
    if (offline) throw notCached(`${ref} for ${arch}`, cache.directory);
    image = await fetchImage(ref, arch, await registries.repository(ref), fetching, onBytes);
    await cache.setNote(key, image);
  }
  const { mediaType, manifest } = image;
  const all = new Map(
    [manifest, ...image.blobs].map(({ sha256, size }): [string, Blob] => [sha256, { sha256, size }]),
  );
  const blobs = [...all.values()];
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
  return { kind: 'image', ref, arch, digest: `sha256:${manifest.sha256}`, size, mediaType, blobs };
}

async function remembered(key: string, cache: Cache): Promise<CachedImage | undefined> {
  const note = await cache.note(key, cachedImageSchema);
  if (note === undefined) return undefined;
  const noted = [note.manifest, ...note.blobs];
  const intact = await Promise.all(noted.map((blob) => cache.intact(blob)));
  if (intact.includes(undefined)) return undefined;
  const [manifest, ...blobs] = intact.map((blob) => blob!);
  const image = { mediaType: note.mediaType, manifest: manifest!, blobs };
  if (intact.some((blob, at) => changed(blob!, noted[at]!))) await cache.setNote(key, image);
  return image;
}
