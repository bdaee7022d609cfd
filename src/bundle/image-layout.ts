import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { Blob } from './cache.js';
import type { CachedImage } from './fetch-image.js';

/** Reads of this size keep the number of system calls and of SSH writes low. */
export const readSize = 1 << 20;

/**
 * An image as an OCI image layout in a tar (https://github.com/opencontainers/image-spec/blob/main/image-layout.md),
 * streamed. `ctr images import` gives it the name `ref`. The same image gives the same bytes.
 * @param pathOf where a blob is, by its hex SHA-256
 */
export async function* imageLayout(
  ref: string,
  image: CachedImage,
  pathOf: (sha256: string) => string,
): AsyncIterable<Uint8Array> {
  const tar = pack();
  const feeding = feed(tar, ref, image, pathOf).catch((error) => tar.destroy(error));
  try {
    yield* tar as AsyncIterable<Uint8Array>;
  } finally {
    tar.destroy();
    await feeding;
  }
}

async function feed(
  tar: Pack,
  ref: string,
  { mediaType, manifest, blobs }: CachedImage,
  pathOf: (sha256: string) => string,
): Promise<void> {
  text(tar, 'oci-layout', { imageLayoutVersion: '1.0.0' });
  text(tar, 'index.json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType,
        digest: `sha256:${manifest.sha256}`,
        size: manifest.size,
        annotations: { 'io.containerd.image.name': ref, 'org.opencontainers.image.ref.name': ref },
      },
    ],
  });
  const all = new Map([manifest, ...blobs].map((blob) => [blob.sha256, blob]));
  for (const blob of [...all.values()].sort(byDigest)) await file(tar, blob, pathOf(blob.sha256));
  tar.finalize();
}

const byDigest = (a: Blob, b: Blob): number => (a.sha256 < b.sha256 ? -1 : 1);

/** Owner, mode and time are always the same, so that the bytes are. */
const header = (name: string, size: number) => ({
  name,
  size,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: new Date(0),
});

function text(tar: Pack, name: string, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value));
  tar.entry(header(name, bytes.length), bytes);
}

function file(tar: Pack, { sha256, size }: Blob, path: string): Promise<void> {
  const entry = tar.entry(header(`blobs/sha256/${sha256}`, size));
  return pipeline(createReadStream(path, { highWaterMark: readSize }), entry);
}
