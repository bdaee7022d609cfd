import type { CachedBlob } from '../cache.js';
import { checksumIn } from './checksum-file.js';
import { download } from './download.js';
import { badAnswer } from './fetch-failures.js';
import type { Fetching } from './fetching.js';
import { readBody } from './read-body.js';
import { retried } from './retry.js';

export interface PublishedFile {
  /** Its name in the checksum file. */
  readonly name: string;
  readonly url: string;
  readonly checksumUrl: string;
}

const mostChecksums = 1 << 20;

/**
 * Fetches a file into the cache and checks it against its published checksum; not again when that content is there.
 * @throws Failure `artifact`, `interrupted`
 */
export async function fetchFile(
  { name, url, checksumUrl }: PublishedFile,
  fetching: Fetching,
  onBytes?: (received: number, total: number | undefined) => void,
): Promise<CachedBlob> {
  const { cache, http, retry, signal } = fetching;
  const sums = await retried(async () => readBody(await http.get(checksumUrl), mostChecksums, signal), retry);
  const sha256 = checksumIn(sums.toString(), name);
  if (sha256 === undefined) throw badAnswer(checksumUrl, `it does not tell the SHA-256 of ${name}`);
  const there = await cache.intact({ sha256 });
  return there ?? download({ url, sha256, ask: (headers) => http.get(url, headers), onBytes }, fetching);
}
