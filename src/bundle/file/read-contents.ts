import type { FileHandle } from 'node:fs/promises';
import type { Artifact, PackedBlob } from '../../desired/artifact.js';
import { sha256Of } from '../cache.js';
import { artifactsIn, packedIn, platformsIn } from './artifacts-in.js';
import { damaged, truncated } from './bundle-failures.js';
import { keys, memberNames } from './format.js';
import { type BlobMember, fileSize, firstMembers, type Member, placeBlobs } from './layout.js';
import { blobOf, leavesOf } from './leaves.js';
import { readWhole } from './read-at.js';
import { readIndex } from './read-index.js';

/** What a bundle's file holds and where, all of which follows from its index.json. */
export interface BundleContents {
  /** `sha256:…` of index.json, from which every byte of the file follows. */
  readonly digest: string;
  /** The time that everything in it carries, in seconds since 1970. */
  readonly created: number;
  readonly list: readonly Artifact[];
  /** Binaries that lie in it compressed, by the hex SHA-256 of what is in them. */
  readonly packed: ReadonlyMap<string, PackedBlob>;
  /** In a delta: the bundle that holds the blobs (hex SHA-256) that are left out here. */
  readonly base?: { readonly digest: string; readonly omitted: ReadonlySet<string> };
  /** Every file in the tar, in order. */
  readonly members: readonly Member[];
  /** By hex SHA-256. */
  readonly blobs: ReadonlyMap<string, BlobMember>;
  /** index.json and all manifests, by the name of their member. */
  readonly documents: ReadonlyMap<string, Buffer>;
  /** Bytes of the whole file. */
  readonly size: number;
}

/**
 * Reads what a bundle says of itself: index.json and the manifests, checked by digest; no layers and no files.
 * @throws Failure `artifact`: no bundle, damaged, truncated, of a newer format
 */
export async function readContents(handle: FileHandle, file: string): Promise<BundleContents> {
  const { bytes, digest, index } = await readIndex(handle, file);
  const documents = new Map<string, Buffer>([[memberNames.index, bytes]]);
  const read = async (members: readonly BlobMember[]) => {
    for (const member of members) documents.set(member.name, await readDocument(handle, file, member));
  };
  const first = firstMembers(bytes.length);
  const roots = placeBlobs(first.end, index.manifests.map(blobOf));
  await read(roots.members);
  const platforms = platformsIn(index.manifests, documents, file);
  const children = placeBlobs(roots.end, platforms.map(blobOf), roots.members);
  await read(children.members);
  const base = index.annotations[keys.base];
  const omitted = new Set((index.annotations[keys.omitted] ?? '').split(' ').filter((word) => word !== ''));
  const carried = leavesOf([...documents.values()]).filter(({ sha256 }) => !omitted.has(sha256));
  const leaves = placeBlobs(children.end, carried, [...roots.members, ...children.members]);
  const blobs = [...roots.members, ...children.members, ...leaves.members];
  const size = fileSize(leaves.end);
  await checkSize(handle, file, size);
  return {
    digest,
    created: Date.parse(index.annotations[keys.created]) / 1000,
    list: artifactsIn(index.manifests, documents, file),
    packed: packedIn(index.manifests, documents, file),
    ...(base === undefined ? {} : { base: { digest: base, omitted } }),
    members: [first.layout, first.sum, first.index, ...blobs],
    blobs: new Map(blobs.map((member) => [member.sha256, member])),
    documents,
    size,
  };
}

/** Bytes of a manifest; see fetchImage. */
const mostDocument = 16 << 20;

async function readDocument(handle: FileHandle, file: string, member: BlobMember): Promise<Buffer> {
  if (member.size > mostDocument)
    throw damaged(file, [`the manifest ${member.name}, of ${member.size} bytes`]);
  const bytes = await readWhole(handle, member.offset, member.size);
  if (bytes.length < member.size) throw truncated(file, member.offset + bytes.length, undefined);
  if (sha256Of(bytes) !== member.sha256) throw damaged(file, [`the manifest ${member.name}`]);
  return bytes;
}

async function checkSize(handle: FileHandle, file: string, expected: number): Promise<void> {
  const { size } = await handle.stat();
  if (size < expected) throw truncated(file, size, expected);
  if (size > expected) throw damaged(file, [`its end (${size - expected} bytes too many)`]);
}
