import { type Bytes, type Manifest, memoryBytes, sha256 } from './upstream-content.js';

const oci = 'application/vnd.oci.image';

/** One platform of an image to be offered. */
export interface Platform {
  readonly arch: string;
  /** The config's JSON, to the byte. */
  readonly config: Buffer;
  readonly layers: readonly { readonly mediaType: string; readonly sha256: string; readonly bytes: Bytes }[];
}

/** What a registry needs to serve images, under construction. */
export interface Shelf {
  readonly tags: Map<string, string>;
  readonly manifests: Map<string, Manifest>;
  readonly blobs: Map<string, Bytes>;
}

/** Puts an image on the shelf: a manifest for each platform and an index over them. */
export function addImage(shelf: Shelf, name: string, platforms: readonly Platform[]): void {
  const manifests = platforms.map((platform) => ({
    ...addPlatform(shelf, platform),
    platform: { os: 'linux', architecture: platform.arch },
  }));
  const index = addManifest(shelf, {
    schemaVersion: 2,
    mediaType: `${oci}.index.v1+json`,
    manifests,
  });
  shelf.tags.set(name, index.digest);
}

function addPlatform(shelf: Shelf, { config, layers }: Platform) {
  const configDigest = `sha256:${sha256(config)}`;
  shelf.blobs.set(configDigest, memoryBytes(config));
  for (const layer of layers) shelf.blobs.set(`sha256:${layer.sha256}`, layer.bytes);
  return addManifest(shelf, {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: { mediaType: `${oci}.config.v1+json`, digest: configDigest, size: config.length },
    layers: layers.map((layer) => ({
      mediaType: layer.mediaType,
      digest: `sha256:${layer.sha256}`,
      size: layer.bytes.size,
    })),
  });
}

function addManifest(
  shelf: Shelf,
  document: { readonly mediaType: string; readonly [field: string]: unknown },
) {
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = `sha256:${sha256(bytes)}`;
  shelf.manifests.set(digest, { mediaType: document.mediaType, bytes });
  return { mediaType: document.mediaType, digest, size: bytes.length };
}
