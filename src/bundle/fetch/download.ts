import { join } from 'node:path';
import type { CachedBlob } from '../cache.js';
import { badAnswer, checksumWrong } from './fetch-failures.js';
import type { Fetching } from './fetching.js';
import type { Answer } from './http.js';
import { networkProblem, statusProblem } from './network-problem.js';
import { claimPart, type PartFile } from './part-file.js';
import { pour } from './pour.js';
import { retried, Transient } from './retry.js';

export interface Download {
  /** For messages. */
  readonly url: string;
  /** Hex SHA-256 that the content must have. */
  readonly sha256: string;
  /** Bytes, where they are known beforehand. */
  readonly size?: number | undefined;
  /** Asks for it with these headers. */
  readonly ask: (headers: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Called with the bytes so far, and with the total as soon as it is known. */
  readonly onBytes?: ((received: number, total: number | undefined) => void) | undefined;
}

/**
 * Fetches content into the cache: continues what an earlier attempt or run left, verifies while it writes, and gives
 * the file its name only when it is complete and right.
 * @throws Failure `artifact`, `interrupted`
 */
export function download(wanted: Download, fetching: Fetching): Promise<CachedBlob> {
  const running = fetching.underWay.get(wanted.sha256) as Promise<CachedBlob> | undefined;
  if (running) return running;
  const started = fetching
    .lane(() => fetchWhole(wanted, fetching))
    .finally(() => fetching.underWay.delete(wanted.sha256));
  fetching.underWay.set(wanted.sha256, started);
  return started;
}

async function fetchWhole(wanted: Download, { cache, retry, signal }: Fetching): Promise<CachedBlob> {
  const part = await claimPart(join(cache.directory, 'parts'), wanted.sha256);
  try {
    await fill(part, wanted, retry, signal);
    if (part.digest() !== wanted.sha256 && part.inherited) {
      // The bytes of the earlier run may be the damaged ones.
      await part.restart();
      await fill(part, wanted, retry, signal);
    }
    const got = part.digest();
    if (got !== wanted.sha256) {
      await part.discard();
      throw checksumWrong(wanted.url, wanted.sha256, got);
    }
    await part.finish();
    return await cache.adopt(part.path, wanted.sha256);
  } finally {
    await part.release();
  }
}

async function fill(
  part: PartFile,
  wanted: Download,
  retry: Fetching['retry'],
  signal: AbortSignal | undefined,
): Promise<void> {
  let etag: string | undefined;
  let furthest = part.size;
  await retried(async () => {
    if (part.size > 0 && part.size === wanted.size) return;
    const answer = await askFrom(part.size, etag, wanted);
    if (isWhole(answer, part.size)) return void answer.drop();
    await aim(part, answer);
    etag = strongTag(answer) ?? etag;
    const report = reporting(wanted, answer);
    try {
      await pour(answer.body, part, report);
    } catch (error) {
      const progressed = part.size > furthest;
      furthest = Math.max(furthest, part.size);
      throw networkProblem(answer.url, error, signal, progressed);
    }
  }, retry);
}

/** Bytes of the largest content: a layer of an image may be large, a disk that it fills helps nobody. */
const mostContent = 32 * 2 ** 30;
/** The same where nobody said beforehand how large it is. */
const mostUntold = 4 * 2 ** 30;
/** Bytes per second, and the seconds after which fewer are as good as none. */
const slowest = { rate: 1024, after: 120 };

/** True for a server that sends only so much that nobody calls it silent. */
export const isDripping = (received: number, seconds: number): boolean =>
  seconds > slowest.after && received / seconds < slowest.rate;

/**
 * What to do after each piece: tell, and stop a server that would fill the disk, or keep us busy for days, before the
 * checksum gives it away.
 */
function reporting(wanted: Download, answer: Answer): (received: number) => void {
  const total = wanted.size ?? totalOf(answer);
  if ((total ?? 0) > mostContent) throw tooLarge(answer, mostContent);
  const began = performance.now();
  let first: number | undefined;
  return (received) => {
    first ??= received;
    wanted.onBytes?.(received, total);
    if (total !== undefined && received > total)
      throw badAnswer(answer.url, `more than the ${total} bytes promised`);
    if (received > mostUntold && total === undefined) throw tooLarge(answer, mostUntold);
    if (isDripping(received - first, (performance.now() - began) / 1000))
      throw badAnswer(answer.url, `less than ${slowest.rate} bytes a second`);
  };
}

const tooLarge = (answer: Answer, most: number) => {
  answer.body.destroy();
  return badAnswer(answer.url, `more than ${most / 2 ** 30} GiB, more than anything that podstrap fetches`);
};

/** Makes the part end where the answer's bytes begin. */
async function aim(part: PartFile, answer: Answer): Promise<void> {
  const start = startOf(answer);
  if (start === part.size) return;
  if (start === 0) return part.restart();
  answer.drop();
  if (answer.status !== 416 || part.size === 0) throw statusProblem(answer.url, answer.status);
  await part.restart();
  throw new Transient(badAnswer(answer.url, 'HTTP 416'));
}

const askFrom = (offset: number, etag: string | undefined, { ask }: Download): Promise<Answer> =>
  ask(offset === 0 ? {} : { range: `bytes=${offset}-`, ...(etag === undefined ? {} : { 'if-range': etag }) });

/** Whether a server that was asked for the rest says that there is none. */
const isWhole = (answer: Answer, offset: number): boolean =>
  answer.status === 416 && offset > 0 && answer.header('content-range') === `bytes */${offset}`;

/** Offset of the first byte that the answer carries; NaN when it carries none of the content. */
function startOf({ status, header }: Answer): number {
  if (status === 200) return 0;
  return status === 206 ? Number(/^bytes (\d+)-/.exec(header('content-range') ?? '')?.[1]) : Number.NaN;
}

function totalOf(answer: Answer): number | undefined {
  const total =
    answer.status === 206
      ? /\/(\d+)$/.exec(answer.header('content-range') ?? '')?.[1]
      : answer.header('content-length');
  return total === undefined ? undefined : Number(total);
}

/** If-Range takes strong validators only. */
function strongTag(answer: Answer): string | undefined {
  const tag = answer.header('etag');
  return tag?.startsWith('"') ? tag : undefined;
}
