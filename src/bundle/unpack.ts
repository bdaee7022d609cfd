import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { Failure, quoted } from '../failure.js';
import type { Cache, CachedBlob } from './cache.js';

/** A file that came in an archive. */
export interface Member {
  /** Base name. */
  readonly name: string;
  readonly blob: CachedBlob;
}

/** Bytes of all that an archive holds: containerd's have a tenth of it. */
const mostUnpacked = 2 * 2 ** 30;

/**
 * Puts executables of a tar.gz into the cache, each under its own digest. Reads the archive once, as a stream.
 * @param only base names of those that are wanted; default: every executable
 * @param most bytes of all that it holds
 * @throws Failure `artifact` when it holds more, is no archive, or has what is no name of a program
 */
export async function unpack(
  file: string,
  cache: Cache,
  only?: readonly string[],
  most = mostUnpacked,
): Promise<Member[]> {
  const members: Member[] = [];
  const archive = extract();
  const reading = pipeline(
    createReadStream(file, { highWaterMark: 1 << 20 }),
    createGunzip(),
    upTo(most, file),
    archive,
  );
  // The loop below ends with the archive's error; this keeps the pipeline's copy of it from being unhandled.
  reading.catch(() => {});
  try {
    for await (const entry of archive) {
      const name = entry.header.name.slice(entry.header.name.lastIndexOf('/') + 1);
      const wanted = isExecutable(entry.header) && (only === undefined || only.includes(name));
      // It becomes a part of paths on hosts.
      if (wanted && !program.test(name)) throw unfit(file, `it holds a program called ${quoted(name)}`);
      if (wanted) members.push({ name, blob: await cache.store(entry as AsyncIterable<Uint8Array>) });
      else entry.resume();
    }
    await reading;
  } catch (error) {
    throw isDamage(error)
      ? unfit(file, `it is not a tar.gz file, or it is damaged: ${error.message}`, error)
      : error;
  }
  return members;
}

const program = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;

/** True for what gzip and tar say of bytes; what this machine's disk says is another matter. */
const isDamage = (error: unknown): error is Error =>
  error instanceof Error && !(error instanceof Failure) && !('syscall' in error);

const unfit = (file: string, said: string, cause?: unknown): Failure =>
  new Failure({
    kind: 'artifact',
    doing: `Unpacking ${file}`,
    said,
    next: 'No genuine release looks like that: do not use the mirror that it came from.',
    cause,
  });

const isExecutable = ({ type, mode }: Header): boolean => type === 'file' && ((mode ?? 0) & 0o111) !== 0;

/** A few kilobytes can be made into terabytes: passes on so many of them and no more. */
function upTo(most: number, file: string): Transform {
  let size = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      size += chunk.length;
      if (size <= most) return done(null, chunk);
      done(unfit(file, `it holds more than ${most} bytes`));
    },
  });
}
