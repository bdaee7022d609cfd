import type { Artifacts, BinaryArtifact, Blob, ImageArtifact, PackedBlob } from '../../desired/artifact.js';
import { sha256Of } from '../cache.js';
import type { Descriptor } from '../manifest.js';
import { identityOf, inOrder, type Making } from './contents.js';
import { type Entry, formatVersion, keys, mediaTypes } from './format.js';
import { leavesOf } from './leaves.js';
import { sbomOf } from './sbom.js';

/** Content that is small and whole in memory. */
export interface Document extends Blob {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Everything that a bundle is made of, in the order in which the file holds it. */
export interface Composed {
  readonly index: Document;
  /** Manifests and the indexes of images. */
  readonly documents: readonly Document[];
  /** Layers, configs and files, by digest; without what a delta leaves to its base. */
  readonly leaves: readonly Blob[];
  /** Bytes of the leaves that are made here, by hex SHA-256. */
  readonly made: ReadonlyMap<string, Buffer>;
}

/**
 * Makes index.json and all documents of a bundle. Pure: the same artifacts give the same bytes, in whatever order.
 * @param packed binaries that are stored compressed
 * @param manifestOf the bytes of an image's manifest, as the registry gave it
 */
export function compose(
  { list, packed = new Map() }: Pick<Artifacts, 'list' | 'packed'>,
  making: Making,
  manifestOf: (image: ImageArtifact) => Buffer,
): Composed {
  const ordered = inOrder(list);
  const images = ordered.filter((artifact) => artifact.kind === 'image');
  const names = [...new Set(images.map(({ ref }) => ref))];
  const named = names.map((name) => imageRoot(images.filter(({ ref }) => ref === name)));
  const manifests = images.map((image) => documentOf(image.mediaType, manifestOf(image)));
  const sbom = documentOf(mediaTypes.sbom, sbomOf(ordered, making.created));
  const roots = [
    ...ordered
      .filter((artifact) => artifact.kind === 'binary')
      .map((binary) => binaryRoot(binary, packed.get(binary.sha256))),
    ...named,
    sbomRoot(sbom),
  ];
  const documents = distinct([...roots.map(({ document }) => document), ...manifests]);
  const leaves = leavesOf(documents.map(({ bytes }) => bytes));
  const left = (leaf: Blob): boolean => making.base?.blobs.has(leaf.sha256) ?? false;
  return {
    index: indexDocument(roots, making, leaves.filter(left)),
    documents,
    leaves: leaves.filter((leaf) => !left(leaf)),
    made: new Map([empty, sbom].map(({ sha256, bytes }) => [sha256, bytes])),
  };
}

/** An entry of index.json. */
interface Root {
  readonly document: Document;
  /** What index.json says about it beside its digest. */
  readonly says: Omit<Entry, keyof Descriptor>;
}

function indexDocument(
  roots: readonly Root[],
  { created, base }: Making,
  omitted: readonly Blob[],
): Document {
  return jsonDocument(mediaTypes.index, {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: roots.map(({ document, says }) => ({ ...descriptorOf(document), ...says })),
    annotations: {
      [keys.version]: String(formatVersion),
      [keys.created]: new Date(created * 1000).toISOString(),
      ...(base && {
        [keys.base]: base.digest,
        [keys.omitted]: omitted.map(({ sha256 }) => sha256).join(' '),
      }),
    },
  });
}

function binaryRoot(binary: BinaryArtifact, packed: PackedBlob | undefined): Root {
  const { name, version, arch, path, mode } = binary;
  const document = artifactManifest(mediaTypes.binary, fileOf(binary, packed), {
    [keys.title]: name,
    [keys.versionOf]: version,
    [keys.path]: path,
    [keys.mode]: `0${mode.toString(8).padStart(3, '0')}`,
  });
  const refName = identityOf(binary).replaceAll(/[^\w./:-]/g, '-');
  return {
    document,
    says: {
      artifactType: mediaTypes.binary,
      platform: { os: 'linux', architecture: arch },
      annotations: { [keys.refName]: refName },
    },
  };
}

/** The one file of a binary. By its title other tools name it when they unpack it. */
function fileOf(binary: BinaryArtifact, packed: PackedBlob | undefined): object {
  const { name, sha256, size } = binary;
  if (packed === undefined)
    return {
      ...descriptorOf({ ...binary, mediaType: mediaTypes.bytes }),
      annotations: { [keys.title]: name },
    };
  return {
    ...descriptorOf({ sha256: packed.sha256, size: packed.size, mediaType: mediaTypes.packedBinary }),
    annotations: {
      [keys.title]: `${name}.gz`,
      [keys.sha256]: sha256,
      [keys.size]: String(size),
      [keys.members]: packed.members.join(' '),
    },
  };
}

/** The index of one image's platforms, under its name. */
function imageRoot(platforms: readonly ImageArtifact[]): Root {
  const { ref } = platforms[0]!;
  const document = jsonDocument(mediaTypes.index, {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: platforms.map(({ mediaType, blobs: [manifest], arch }) => ({
      ...descriptorOf({ ...manifest!, mediaType }),
      platform: { os: 'linux', architecture: arch },
    })),
  });
  return { document, says: { annotations: { [keys.refName]: ref, [keys.containerdName]: ref } } };
}

const sbomRoot = (sbom: Document): Root => ({
  document: artifactManifest(mediaTypes.sbom, descriptorOf(sbom), { [keys.title]: 'sbom.cdx.json' }),
  says: { artifactType: mediaTypes.sbom, annotations: { [keys.refName]: 'sbom' } },
});

/** An OCI artifact of one file (https://github.com/opencontainers/image-spec/blob/main/manifest.md). */
const artifactManifest = (artifactType: string, file: object, annotations: object): Document =>
  jsonDocument(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config: descriptorOf(empty),
    layers: [file],
    annotations,
  });

const documentOf = (mediaType: string, bytes: Buffer): Document => ({
  mediaType,
  sha256: sha256Of(bytes),
  size: bytes.length,
  bytes,
});

const jsonDocument = (mediaType: string, value: unknown): Document =>
  documentOf(mediaType, Buffer.from(JSON.stringify(value)));

const empty = jsonDocument(mediaTypes.empty, {});

const descriptorOf = ({ mediaType, sha256, size }: Omit<Document, 'bytes'>): Descriptor => ({
  mediaType,
  digest: `sha256:${sha256}`,
  size,
});

const distinct = (documents: readonly Document[]): readonly Document[] => [
  ...new Map(documents.map((document) => [document.sha256, document])).values(),
];
