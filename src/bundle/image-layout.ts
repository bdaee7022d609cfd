import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { Artifacts, Blob, ImageArtifact } from './artifact.js';

/** Reads of this size keep the number of system calls and of SSH writes low. */
export const readSize = 1 << 20;

/**
 * An image as an OCI image layout in a tar (https://github.com/opencontainers/image-spec/blob/main/image-layout.md),
 * streamed. `ctr images import` gives it the name `ref`. The same image gives the same bytes.
 */
export async function* imageLayout(image: ImageArtifact, artifacts: Artifacts): AsyncIterable<Uint8Array> {
  const tar = pack();
  const feeding = feed(tar, image, artifacts).catch((error) => tar.destroy(error));
  try {
    yield* tar as AsyncIterable<Uint8Array>;
  } finally {
    tar.destroy();
    await feeding;
  }
}

/** The bytes of one blob. */
export function readBlob({ sha256, size }: Blob, artifacts: Artifacts): AsyncIterable<Uint8Array> {
  const { file, start } = artifacts.place(sha256);
  if (size === 0) return (async function* () {})();
  return createReadStream(file, { start, end: start + size - 1, highWaterMark: readSize });
}

async function feed(
  tar: Pack,
  { ref, mediaType, blobs }: ImageArtifact,
  artifacts: Artifacts,
): Promise<void> {
  const manifest = blobs[0]!;
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
  for (const blob of [...blobs].sort(byDigest))
    await pipeline(readBlob(blob, artifacts), tar.entry(header(`blobs/sha256/${blob.sha256}`, blob.size)));
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
