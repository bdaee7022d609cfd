import type { Blob } from '../../desired/artifact.js';
import { blobName, layoutContent, memberNames, sumContent } from './format.js';
import { block, paddingOf, trailer } from './tar-header.js';

/** A file in the tar. */
export interface Member {
  readonly name: string;
  /** Bytes of the content. */
  readonly size: number;
  /** Where the content begins; its header is the block before. */
  readonly offset: number;
}

export type BlobMember = Member & Blob;

/** Places contents one after another, from the header at `at` on. */
function place<T extends Omit<Member, 'offset'>>(at: number, contents: readonly T[]) {
  let end = at;
  const members = contents.map((content): T & Member => {
    const offset = end + block;
    end = offset + content.size + paddingOf(content.size);
    return { ...content, offset };
  });
  return { members, end };
}

/**
 * The first members. All but the last have the same size in every bundle, so that the place of index.json is known
 * before anything has been read.
 */
export function firstMembers(indexSize: number) {
  const { members, end } = place(0, [
    { name: memberNames.layout, size: layoutContent.length },
    { name: memberNames.sum, size: sumContent('0'.repeat(64)).length },
    { name: memberNames.index, size: indexSize },
  ]);
  const [layout, sum, index] = members as [Member, Member, Member];
  return { layout, sum, index, end };
}

/**
 * Blobs in this order, each once, from the header at `at` on.
 * @param placed blobs that have their place already
 */
export function placeBlobs(at: number, blobs: readonly Blob[], placed: readonly Blob[] = []) {
  const known = new Set(placed.map(({ sha256 }) => sha256));
  const fresh = new Map(blobs.filter(({ sha256 }) => !known.has(sha256)).map((blob) => [blob.sha256, blob]));
  return place(
    at,
    [...fresh.values()].map(({ sha256, size }) => ({ sha256, size, name: blobName(sha256) })),
  );
}

/** Size of the whole file whose last member ends at `end`. */
export const fileSize = (end: number): number => end + trailer;
