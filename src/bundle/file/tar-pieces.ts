import { open } from 'node:fs/promises';
import type { Artifacts, BlobPlace } from '../../desired/artifact.js';
import { cannotOpenSource } from './bundle-failures.js';
import type { Composed } from './compose.js';
import { layoutContent, sumContent } from './format.js';
import { fileSize, firstMembers, type Member, placeBlobs } from './layout.js';
import { readAt, twoBuffers } from './read-at.js';
import { paddingOf, tarHeader, trailer } from './tar-header.js';

/**
 * The bytes of a bundle, streamed, and how many there are. A piece is good until the next but one is asked for.
 * @param created seconds since 1970
 * @throws Failure `artifact`, while streaming, when a blob cannot be read
 */
export function tarPieces(
  { index, documents, leaves, made }: Composed,
  created: number,
  { place }: Pick<Artifacts, 'place'>,
): { readonly size: number; readonly pieces: AsyncIterable<Uint8Array> } {
  const first = firstMembers(index.size);
  const placed = placeBlobs(first.end, documents);
  const rest = placeBlobs(placed.end, leaves, documents);
  const known = new Map([...made, ...documents.map(({ sha256, bytes }) => [sha256, bytes] as const)]);
  const head: readonly (readonly [Member, Buffer])[] = [
    [first.layout, Buffer.from(layoutContent)],
    [first.sum, Buffer.from(sumContent(index.sha256))],
    [first.index, index.bytes],
  ];
  const buffers = twoBuffers();
  async function* pieces(): AsyncIterable<Uint8Array> {
    for (const [member, bytes] of head) yield framed(member, bytes, created);
    for (const member of [...placed.members, ...rest.members]) {
      const bytes = known.get(member.sha256);
      if (bytes !== undefined) yield framed(member, bytes, created);
      else {
        yield tarHeader(member.name, member.size, created);
        yield* blobPieces(place(member.sha256), member.size, buffers);
        yield Buffer.alloc(paddingOf(member.size));
      }
    }
    yield Buffer.alloc(trailer);
  }
  return { size: fileSize(rest.end), pieces: pieces() };
}

const framed = ({ name, size }: Member, bytes: Buffer, created: number): Buffer =>
  Buffer.concat([tarHeader(name, size, created), bytes, Buffer.alloc(paddingOf(size))]);

async function* blobPieces(
  { file, start }: BlobPlace,
  size: number,
  bufferFor: (size: number) => Buffer,
): AsyncIterable<Uint8Array> {
  const handle = await open(file).catch((cause) => {
    throw cannotOpenSource(file, cause);
  });
  try {
    yield* readAt(handle, start, size, bufferFor);
  } finally {
    await handle.close();
  }
}
