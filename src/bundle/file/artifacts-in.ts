import type { z } from 'zod';
import type { Artifact, BinaryArtifact, ImageArtifact, PackedBlob } from '../../desired/artifact.js';
import { parseDocument, parseJson } from '../manifest.js';
import { pieceSize } from '../shared-reads.js';
import { malformed } from './bundle-failures.js';
import {
  binaryManifestSchema,
  blobName,
  type Entry,
  imageIndexSchema,
  keys,
  mediaTypes,
  packedSchema,
} from './format.js';
import { blobOf } from './leaves.js';

type Documents = ReadonlyMap<string, Buffer>;

/** The manifests that the indexes of images name. */
export const platformsIn = (
  entries: readonly Entry[],
  documents: Documents,
  file: string,
): readonly Entry[] =>
  entries.flatMap((entry) =>
    entry.mediaType === mediaTypes.index ? parsed(imageIndexSchema, entry, documents, file).manifests : [],
  );

/** What the entries of index.json stand for. @throws Failure `artifact` when it is not as podstrap writes it */
export const artifactsIn = (
  entries: readonly Entry[],
  documents: Documents,
  file: string,
): readonly Artifact[] =>
  entries.flatMap((entry): readonly Artifact[] => {
    if (entry.artifactType === mediaTypes.binary) return [binaryOf(entry, documents, file)];
    return platformsIn([entry], documents, file).map((platform) => imageOf(entry, platform, documents, file));
  });

function binaryOf(entry: Entry, documents: Documents, file: string): BinaryArtifact {
  const { layers, annotations } = parsed(binaryManifestSchema, entry, documents, file);
  const arch = entry.platform?.architecture;
  if (arch === undefined) throw malformed(file, `the entry of ${entry.digest}`);
  return {
    kind: 'binary',
    name: annotations[keys.title],
    version: annotations[keys.versionOf],
    arch,
    path: annotations[keys.path],
    mode: Number.parseInt(annotations[keys.mode], 8),
    ...(packedOf(layers[0], file)?.holds ?? blobOf(layers[0])),
  };
}

/** The binaries that lie in the bundle compressed, by the hex SHA-256 of what is in them. */
export const packedIn = (
  entries: readonly Entry[],
  documents: Documents,
  file: string,
): ReadonlyMap<string, PackedBlob> =>
  new Map(
    entries.flatMap((entry) => {
      if (entry.artifactType !== mediaTypes.binary) return [];
      const { layers } = parsed(binaryManifestSchema, entry, documents, file);
      const packed = packedOf(layers[0], file);
      return packed === undefined ? [] : [[packed.holds.sha256, packed.blob] as const];
    }),
  );

type Layer = z.output<typeof binaryManifestSchema>['layers'][0];

/** @throws Failure `artifact` for a compressed file that does not say what is in it */
function packedOf(layer: Layer, file: string) {
  if (layer.mediaType !== mediaTypes.packedBinary) return undefined;
  const told = packedSchema.safeParse(layer.annotations);
  if (!told.success) throw malformed(file, `the file ${layer.digest}`, told.error);
  const { [keys.sha256]: sha256, [keys.size]: size, [keys.members]: members } = told.data;
  const blob = { ...blobOf(layer), members };
  const whole = members.reduce((sum, one) => sum + one, 0) === blob.size;
  if (!whole || members.length !== Math.ceil(size / pieceSize))
    throw malformed(file, `the parts of the file ${layer.digest}`);
  return { holds: { sha256, size }, blob };
}

function imageOf(entry: Entry, platform: Entry, documents: Documents, file: string): ImageArtifact {
  const ref = entry.annotations?.[keys.refName];
  const arch = platform.platform?.architecture;
  const manifest = blobOf(platform);
  const { mediaType, digest } = platform;
  const document = parseDocument(documents.get(blobName(manifest.sha256))!, mediaType);
  if (ref === undefined || arch === undefined || document?.kind !== 'manifest')
    throw malformed(file, `the image ${ref ?? entry.digest}`);
  const { config, layers } = document.manifest;
  const all = new Map([manifest, ...[config, ...layers].map(blobOf)].map((blob) => [blob.sha256, blob]));
  const blobs = [...all.values()];
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
  return { kind: 'image', ref, arch, digest, size, mediaType, blobs };
}

function parsed<T>(schema: z.ZodType<T>, entry: Entry, documents: Documents, file: string): T {
  const result = schema.safeParse(parseJson(documents.get(blobName(blobOf(entry).sha256))!));
  if (!result.success) throw malformed(file, `the manifest ${entry.digest}`, result.error);
  return result.data;
}
