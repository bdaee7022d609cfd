import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cannotStore } from './fetch-failures.js';
import { isAlive } from './is-alive.js';

/** A download that is not complete, hashed while it grows. */
export interface PartFile {
  readonly path: string;
  /** Bytes so far. */
  readonly size: number;
  /** Whether its first bytes come from an earlier run. */
  readonly inherited: boolean;
  append(chunk: Uint8Array): Promise<void>;
  /** Back to no bytes. */
  restart(): Promise<void>;
  /** Hex SHA-256 of all bytes so far. */
  digest(): string;
  /** Makes the bytes durable; the file may be renamed then. Nobody else takes it before it is released. */
  finish(): Promise<void>;
  /** Lets go of the file; what is there stays for a later run. */
  release(): Promise<void>;
  /** Deletes the file. */
  discard(): Promise<void>;
}

const held = new Set<string>();
let counter = 0;

/**
 * Takes up the partial file of content `sha256` in `directory` where an earlier run left one, or begins one.
 * Its name carries the process that writes it, so that two processes never write into the same file.
 * @throws Failure `artifact` when it cannot be written
 */
export async function claimPart(directory: string, sha256: string): Promise<PartFile> {
  const path = join(directory, `${sha256}.${process.pid}-${counter++}.part`);
  held.add(path);
  try {
    const inherited = await inherit(directory, sha256, path);
    const handle = await open(path, inherited ? 'r+' : 'w');
    const hash = createHash('sha256');
    if (inherited)
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
    const size = inherited ? (await stat(path)).size : 0;
    return new OpenPart(path, handle, hash, size);
  } catch (cause) {
    held.delete(path);
    throw cannotStore(path, cause);
  }
}

/** Renames an abandoned part to `path`: rename is atomic, so only one process gets it. */
async function inherit(directory: string, sha256: string, path: string): Promise<boolean> {
  for (const name of await readdir(directory)) {
    const [, content, pid] = /^([0-9a-f]{64})\.(\d+)-\d+\.part$/.exec(name) ?? [];
    const left = join(directory, name);
    if (content !== sha256 || held.has(left) || (Number(pid) !== process.pid && isAlive(Number(pid))))
      continue;
    const won = await rename(left, path).then(
      () => true,
      () => false,
    );
    if (won) return true;
  }
  return false;
}

class OpenPart implements PartFile {
  readonly path: string;
  inherited: boolean;
  #handle: FileHandle | undefined;
  #hash: Hash;
  #size: number;

  constructor(path: string, handle: FileHandle, hash: Hash, size: number) {
    this.path = path;
    this.inherited = size > 0;
    this.#handle = handle;
    this.#hash = hash;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#store(async (handle) => {
      for (let done = 0; done < chunk.length; )
        done += (await handle.write(chunk, done, chunk.length - done, this.#size + done)).bytesWritten;
    });
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  async restart(): Promise<void> {
    await this.#store((handle) => handle.truncate(0));
    this.#hash = createHash('sha256');
    this.#size = 0;
    this.inherited = false;
  }

  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  async finish(): Promise<void> {
    // A write that failed half-way may have left bytes behind the ones that count.
    await this.#store((handle) => handle.truncate(this.#size));
    await this.#store((handle) => handle.datasync());
    await this.#close();
  }

  async release(): Promise<void> {
    await this.#close();
    held.delete(this.path);
  }

  async discard(): Promise<void> {
    await this.release();
    await rm(this.path, { force: true });
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #store(write: (handle: FileHandle) => Promise<void>): Promise<void> {
    try {
      await write(this.#handle!);
    } catch (cause) {
      throw cannotStore(this.path, cause);
    }
  }
}
