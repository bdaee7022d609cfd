import { z } from 'zod';
import { descriptorSchema } from '../manifest.js';

/** The version of the format that this podstrap writes, and the newest that it reads. */
export const formatVersion = 2;

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  binary: 'application/vnd.podstrap.binary.v1',
  packedBinary: 'application/vnd.podstrap.binary.v1+gzip',
  sbom: 'application/vnd.cyclonedx+json',
  bytes: 'application/octet-stream',
} as const;

/** Names of annotations; those of podstrap are below its own domain, podstrap.io. */
export const keys = {
  version: 'io.podstrap.bundle.version',
  /** Digest of the index.json of the bundle that a delta stands on. */
  base: 'io.podstrap.bundle.base',
  /** Blobs that are left to that bundle: hex SHA-256, separated by spaces. */
  omitted: 'io.podstrap.bundle.omitted',
  path: 'io.podstrap.binary.path',
  mode: 'io.podstrap.binary.mode',
  /** Of a compressed file: hex SHA-256 and bytes of what is in it, and bytes of each gzip member, separated by spaces. */
  sha256: 'io.podstrap.binary.sha256',
  size: 'io.podstrap.binary.size',
  members: 'io.podstrap.binary.members',
  created: 'org.opencontainers.image.created',
  refName: 'org.opencontainers.image.ref.name',
  /** By this name containerd knows an image that it imports. */
  containerdName: 'io.containerd.image.name',
  title: 'org.opencontainers.image.title',
  versionOf: 'org.opencontainers.image.version',
} as const;

/** The first three members of the tar, always in this order. */
export const memberNames = { layout: 'oci-layout', sum: 'index.json.sha256', index: 'index.json' } as const;
export const layoutContent = JSON.stringify({ imageLayoutVersion: '1.0.0' });
export const blobName = (sha256: string): string => `blobs/sha256/${sha256}`;

/** The digest of index.json as `sha256sum` writes it, so that `sha256sum -c` reads it. */
export const sumContent = (sha256: string): string => `${sha256}  ${memberNames.index}\n`;

const annotations = z.record(z.string(), z.string());

export const entrySchema = descriptorSchema.extend({
  artifactType: z.string().optional(),
  platform: z.object({ os: z.literal('linux'), architecture: z.enum(['amd64', 'arm64']) }).optional(),
  annotations: annotations.optional(),
});

/** An entry of index.json, or of the index of one image. */
export type Entry = Readonly<z.output<typeof entrySchema>>;

export const bundleIndexSchema = z.object({
  schemaVersion: z.literal(2),
  manifests: z.array(entrySchema),
  annotations: annotations.and(z.object({ [keys.created]: z.iso.datetime(), [keys.version]: z.string() })),
});

export const imageIndexSchema = z.object({ manifests: z.array(entrySchema) });

const number = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

/** What the annotations of a compressed file say. */
export const packedSchema = z.object({
  [keys.sha256]: z.string().regex(/^[0-9a-f]{64}$/),
  [keys.size]: number,
  [keys.members]: z
    .string()
    .regex(/^\d{1,9}( \d{1,9})*$/)
    .transform((text) => text.split(' ').map(Number)),
});

export const binaryManifestSchema = z.object({
  layers: z.tuple([descriptorSchema.extend({ annotations: annotations.optional() })]),
  annotations: z.object({
    [keys.title]: z.string(),
    [keys.versionOf]: z.string(),
    [keys.path]: z.string().startsWith('/'),
    [keys.mode]: z.string().regex(/^0[0-7]{3}$/),
  }),
});
