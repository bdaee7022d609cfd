import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** Bytes that can be served from any offset: memory, a file, or a part of a file. */
export interface Bytes {
  readonly size: number;
  /** From `start` to the end. */
  read(start: number): Readable;
  /** Hex SHA-256, worked out when first asked for. */
  sha256(): Promise<string>;
}

/** What an upstream has to offer. */
export interface UpstreamContent {
  /** Path → content of dl.k8s.io and of GitHub's releases, checksum files included. */
  readonly files: ReadonlyMap<string, Bytes>;
  /** Repository:tag → digest of its manifest or index. */
  readonly tags: ReadonlyMap<string, string>;
  /** Digest → index or manifest. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Digest → config or layer. */
  readonly blobs: ReadonlyMap<string, Bytes>;
}

/** Everything that any of them offers. */
export const together = (contents: readonly UpstreamContent[]): UpstreamContent => ({
  files: new Map(contents.flatMap(({ files }) => [...files])),
  tags: new Map(contents.flatMap(({ tags }) => [...tags])),
  manifests: new Map(contents.flatMap(({ manifests }) => [...manifests])),
  blobs: new Map(contents.flatMap(({ blobs }) => [...blobs])),
});

export interface Manifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export const sha256 = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

export function memoryBytes(content: Uint8Array | string): Bytes {
  const bytes = Buffer.from(content);
  return {
    size: bytes.length,
    read: (start) => Readable.from(pieces(bytes.subarray(start))),
    sha256: async () => sha256(bytes),
  };
}

function* pieces(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** A file, or `size` bytes of it from `start`. `known` spares hashing it. */
export async function fileBytes(
  path: string,
  section?: { readonly start: number; readonly size: number },
  known?: string,
): Promise<Bytes> {
  const { start: base, size } = section ?? { start: 0, size: (await stat(path)).size };
  const read = (start: number) =>
    size === start
      ? Readable.from([])
      : createReadStream(path, { start: base + start, end: base + size - 1, highWaterMark: 1 << 20 });
  let digest: Promise<string> | undefined = known === undefined ? undefined : Promise.resolve(known);
  return {
    size,
    read,
    sha256: () => {
      digest ??= hashed(read(0));
      return digest;
    },
  };
}

async function hashed(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * A checksum file. Its length is known without its words, so nothing is hashed before somebody asks for it.
 * @param listed file name → content, printed as `sha256sum` does; a lone content gives its bare digest
 */
export function checksumBytes(listed: Bytes | ReadonlyMap<string, Bytes>): Bytes {
  const lines: readonly (readonly [Bytes, string])[] =
    listed instanceof Map
      ? [...listed].map(([name, bytes]) => [bytes, `  ${name}\n`])
      : [[listed as Bytes, '']];
  const text = async () =>
    (await Promise.all(lines.map(async ([b, rest]) => (await b.sha256()) + rest))).join('');
  return {
    size: lines.reduce((sum, [, rest]) => sum + 64 + Buffer.byteLength(rest), 0),
    read: (start) => Readable.from(lateText(text, start)),
    sha256: async () => sha256(await text()),
  };
}

async function* lateText(text: () => Promise<string>, start: number): AsyncIterable<Buffer> {
  yield Buffer.from(await text()).subarray(start);
}
