import { z } from 'zod';
import type { Arch } from '../desired/artifact.js';

/** Media types that are understood: OCI's, and Docker's schema 2, which means the same. */
export const mediaTypes = {
  index: [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ],
  manifest: [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ],
} as const;

export const descriptorSchema = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
});

export type Descriptor = z.output<typeof descriptorSchema>;

const indexSchema = z.object({
  manifests: z.array(
    descriptorSchema.extend({
      platform: z
        .object({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
        .optional(),
    }),
  ),
});

const manifestSchema = z.object({ config: descriptorSchema, layers: z.array(descriptorSchema) });

const configSchema = z.object({ os: z.string(), architecture: z.string() });

export type Index = z.output<typeof indexSchema>;
export type Candidate = Index['manifests'][number];
export type Manifest = z.output<typeof manifestSchema>;

/** Which of the two a document is, by its own fields; its Content-Type may be lost on the way through a mirror. */
export type Document =
  | { readonly kind: 'index'; readonly index: Index }
  | { readonly kind: 'manifest'; readonly manifest: Manifest; readonly mediaType: string };

/** Reads an index or a manifest; undefined when it is neither (such as Docker's old schema 1). */
export function parseDocument(bytes: Uint8Array, contentType: string | undefined): Document | undefined {
  const json = parseJson(bytes);
  const index = indexSchema.safeParse(json);
  if (index.success) return { kind: 'index', index: index.data };
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success) return undefined;
  const claimed = (json as { mediaType?: unknown }).mediaType ?? contentType?.split(';')[0]?.trim();
  const mediaType = mediaTypes.manifest.find((known) => known === claimed) ?? mediaTypes.manifest[0];
  return { kind: 'manifest', manifest: manifest.data, mediaType };
}

/**
 * What may lead to the manifest for Linux on `arch`, in the order in which to look, as with containerd: what says so, then
 * what names no platform, which may be another index. Of several arm64 variants the plain one or v8 comes first, which all
 * such hosts have.
 */
export function candidatesFor({ manifests }: Index, arch: Arch): readonly Candidate[] {
  const fitting = manifests.filter(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === arch,
  );
  const usual = fitting.filter(({ platform }) => [undefined, '', 'v8'].includes(platform?.variant));
  const others = fitting.filter((one) => !usual.includes(one));
  return [...usual, ...others, ...manifests.filter(({ platform }) => platform === undefined)];
}

/** Platforms of an index in words, without what is no platform (attestations call themselves unknown). */
export const platformsOf = ({ manifests }: Index): readonly string[] =>
  manifests.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [`${platform.os}/${platform.architecture}`] : [],
  );

/** The platform that an image's config says it is for, such as `linux/amd64`. */
export function platformOfConfig(bytes: Uint8Array): string | undefined {
  const config = configSchema.safeParse(parseJson(bytes));
  return config.success ? `${config.data.os}/${config.data.architecture}` : undefined;
}

/** Undefined when it is none. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
