import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.js';
import { makeOperatorFolder } from '../operator/operator-file.js';
import { cannotStore } from './fetch/fetch-failures.js';
import { isAlive } from './fetch/is-alive.js';

export const blobSchema = z.object({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Hex SHA-256'),
  size: z.number().describe('Bytes'),
  mtimeMs: z.number().describe('When it was last written, as the file system says it'),
});

/** A verified file in the cache, with what tells cheaply that nobody touched it since. */
export type CachedBlob = Readonly<z.output<typeof blobSchema>>;

/** Files named after their content, and small notes about what came from where. */
export interface Cache {
  readonly directory: string;
  path(sha256: string): string;
  /** The blob if it is in the cache and intact, with a fresh stamp; a damaged one is deleted. */
  intact(blob: Pick<CachedBlob, 'sha256'> & Partial<CachedBlob>): Promise<CachedBlob | undefined>;
  /** Gives a finished, verified file its name in the cache. */
  adopt(file: string, sha256: string): Promise<CachedBlob>;
  /**
   * Takes bytes that need no verification, such as the content of a verified archive.
   * @param isPrivate only the owner may read them, from the first byte on
   */
  store(bytes: AsyncIterable<Uint8Array>, isPrivate?: boolean): Promise<CachedBlob>;
  /** From now on only the owner may read this blob. */
  hide(sha256: string): Promise<void>;
  note<T>(key: string, schema: z.ZodType<T>): Promise<T | undefined>;
  setNote(key: string, value: unknown): Promise<void>;
}

let counter = 0;

/**
 * Opens or makes a cache. Several processes may use one at the same time: every change is a rename.
 * Notes are one file each, because with one file for all the slower of two processes would undo the faster.
 * @throws Failure `artifact` when the directory cannot be written
 */
export async function openCache(directory: string): Promise<Cache> {
  const blobs = join(directory, 'blobs', 'sha256');
  const notes = join(directory, 'index');
  const parts = join(directory, 'parts');
  for (const made of [blobs, notes, parts])
    await makeOperatorFolder(made, { what: 'the cache' }).catch((cause) => {
      throw cannotStore(made, cause);
    });
  await sweep(parts);
  const path = (sha256: string) => join(blobs, sha256);
  const notePath = (key: string) => join(notes, `${sha256Of(key)}.json`);
  const adopt = async (file: string, sha256: string): Promise<CachedBlob> => {
    try {
      await rename(file, path(sha256));
      const { size, mtimeMs } = await stat(path(sha256));
      return { sha256, size, mtimeMs };
    } catch (cause) {
      throw cannotStore(path(sha256), cause);
    }
  };
  return {
    directory,
    path,
    intact: (blob) => intact(path(blob.sha256), blob),
    adopt,
    store: async (bytes, isPrivate = false) => {
      const fresh = join(parts, `${process.pid}-${counter++}.new`);
      return adopt(fresh, await writeHashed(fresh, bytes, isPrivate ? 0o600 : 0o666));
    },
    hide: (sha256) =>
      chmod(path(sha256), 0o600).catch((cause) => {
        throw cannotStore(path(sha256), cause);
      }),
    note: (key, schema) => readNote(notePath(key), schema),
    setNote: (key, value) => writeNote(notePath(key), { key, value }),
  };
}

/** Removes what processes that died were writing; downloads are kept, because they can be continued. */
async function sweep(parts: string): Promise<void> {
  for (const name of await readdir(parts)) {
    const pid = /^(\d+)-\d+\.new$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(parts, name), { force: true });
  }
}

async function intact(
  path: string,
  known: Pick<CachedBlob, 'sha256'> & Partial<CachedBlob>,
): Promise<CachedBlob | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const { size, mtimeMs } = found;
  if (size === known.size && mtimeMs === known.mtimeMs) return { sha256: known.sha256, size, mtimeMs };
  if ((await hashFile(path)) === known.sha256) return { sha256: known.sha256, size, mtimeMs };
  await rm(path, { force: true });
  return undefined;
}

/** Writes bytes to a file and makes them durable. Gives their hex SHA-256. */
async function writeHashed(path: string, bytes: AsyncIterable<Uint8Array>, mode: number): Promise<string> {
  const hash = createHash('sha256');
  try {
    // One that a killed process of the same number left would keep its mode.
    await rm(path, { force: true });
    const file = await open(path, 'wx', mode);
    try {
      for await (const chunk of bytes) {
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    await rm(path, { force: true });
    throw cause instanceof Failure ? cause : cannotStore(path, cause);
  }
  return hash.digest('hex');
}

/** Hex SHA-256 of a file, read in large pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Hex SHA-256 of bytes or text in memory. */
export const sha256Of = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

async function readNote<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text).value).data;
  } catch {
    return undefined; // A damaged note is as good as none: its content is fetched again.
  }
}

async function writeNote(path: string, value: unknown): Promise<void> {
  const fresh = `${path}.${process.pid}-${counter++}.new`;
  await writeFile(fresh, JSON.stringify(value))
    .then(() => rename(fresh, path))
    .catch((cause) => {
      throw cannotStore(path, cause);
    });
}
