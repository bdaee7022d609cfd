import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import type { Cache, CachedBlob } from './cache.js';

/** A file that came in an archive. */
export interface Member {
  /** Base name. */
  readonly name: string;
  readonly blob: CachedBlob;
}

/**
 * Puts executables of a tar.gz into the cache, each under its own digest. Reads the archive once, as a stream.
 * @param only base names of those that are wanted; default: every executable
 */
export async function unpack(file: string, cache: Cache, only?: readonly string[]): Promise<Member[]> {
  const members: Member[] = [];
  const archive = extract();
  const reading = pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), createGunzip(), archive);
  // The loop below ends with the archive's error; this keeps the pipeline's copy of it from being unhandled.
  reading.catch(() => {});
  for await (const entry of archive) {
    const name = entry.header.name.slice(entry.header.name.lastIndexOf('/') + 1);
    const wanted = isExecutable(entry.header) && (only === undefined || only.includes(name));
    if (wanted) members.push({ name, blob: await cache.store(entry as AsyncIterable<Uint8Array>) });
    else entry.resume();
  }
  await reading;
  return members;
}

const isExecutable = ({ type, mode }: Header): boolean => type === 'file' && ((mode ?? 0) & 0o111) !== 0;
