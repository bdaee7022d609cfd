import { z } from 'zod';

const arch = z.enum(['amd64', 'arm64']);
const size = z.number().describe('bytes');
const digest = z.string().describe('`sha256:…`');
const sha256 = z.string().describe('hex SHA-256');

const artifact = z.union([
  z.strictObject({
    kind: z.literal('binary'),
    name: z.string(),
    version: z.string(),
    arch,
    path: z.string().describe('where it goes on a host'),
    mode: z.int().describe('384 is octal 0600'),
    sha256,
    size,
  }),
  z.strictObject({
    kind: z.literal('image'),
    ref: z.string().describe('its full name'),
    arch,
    digest,
    size,
    mediaType: z.string().describe('of its manifest'),
    blobs: z.array(z.strictObject({ sha256, size })).describe('manifest, configuration, layers'),
  }),
]);

const written = { digest: digest.describe('of its index.json'), sha256, size };

/** What `podstrap bundle show` tells. */
export const bundleSchema = z.strictObject({
  file: z.string(),
  digest: written.digest,
  size,
  created: z.string().describe('the time of everything inside, ISO 8601; SOURCE_DATE_EPOCH sets it'),
  kubernetesVersions: z.array(z.string()),
  architectures: z.array(z.string()),
  base: digest.exactOptional().describe('of a delta: the bundle that it needs'),
  omittedBlobs: z.int().exactOptional().describe('of a delta: how many are left to that bundle'),
  artifacts: z.array(artifact),
  provenance: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('who made it, when and from what: an in-toto statement; null where there is none beside it'),
});

/** What `podstrap bundle create` and `podstrap bundle merge` wrote. */
export const bundleFileSchema = z.strictObject({
  out: z.string().describe('the file that was written'),
  ...written,
  provenance: z.string().exactOptional().describe('file with who made it, when and from what'),
  artifacts: z.int().exactOptional().describe('how many it holds'),
  podstrap: z.array(z.string()).exactOptional().describe('podstrap’s executables beside it, and their sums'),
});

/** What `podstrap bundle verify` proved. */
export const bundleVerificationSchema = z.strictObject({
  file: z.string(),
  digest: written.digest,
  size,
  signed: z.boolean().describe('whether the signature of `--key` was checked as well'),
});

/** What `podstrap bundle sign` wrote. */
export const bundleSignatureSchema = z.strictObject({
  file: z.string(),
  signature: z.string().describe('the file that was written'),
});

/** What `podstrap bundle diff` tells. */
export const bundleDiffSchema = z.strictObject({
  added: z.array(artifact).describe('only in the second'),
  removed: z.array(artifact).describe('only in the first'),
  changed: z.array(z.strictObject({ from: artifact, to: artifact })).describe('in both, with other content'),
  same: z.int().describe('how many are the same in both'),
  more: z.number().describe('bytes that only the second needs: about the size of its delta'),
});
