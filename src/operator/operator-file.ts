import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, chown, lstat, mkdir, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../failure.js';

/** How a file of the operator's is written. */
export interface Writing {
  /** For messages: `the plan plan.json`. */
  readonly what: string;
  /** Permissions of a new file. Of one that is there, those that it has, and nothing more. Default: 0666 less the umask. */
  readonly mode?: number;
  /** What to do when it cannot be written. */
  readonly next?: string;
  /** Only where there is nothing yet. */
  readonly onlyNew?: boolean;
  /** It need not outlive a power cut: it is one of many, and made again by the same command. */
  readonly passing?: boolean;
}

const otherwise = 'Name another file, in a folder that is there and that you may write.';

/**
 * Where a file goes that the operator names: links are followed, to a regular file or to a place where there is nothing
 * yet. Nothing else, such as a folder or a device, is ever replaced by a file.
 * @throws Failure `usage`
 */
export async function placeOf(file: string, { what, next = otherwise }: Writing): Promise<string> {
  const refuse = (said: string, cause?: unknown) =>
    new Failure({ kind: 'usage', doing: `Writing ${what}`, said, next, cause });
  try {
    const place = await endOf(resolve(file), refuse);
    const there = await stat(place).catch(absent);
    if (there !== undefined && !there.isFile()) throw refuse(`it is ${kindOf(there)}`);
    return place;
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw refuse(reasonOf(cause, dirname(file)), cause);
  }
}

/** Of links that go round in a circle nobody sees the end; as many as Linux follows. */
const mostLinks = 40;

async function endOf(file: string, refuse: (said: string) => Failure): Promise<string> {
  let path = file;
  for (let links = 0; links <= mostLinks; links++) {
    const folder = await realpath(dirname(path));
    if (!(await stat(folder)).isDirectory()) throw refuse(`${folder} is not a folder`);
    path = join(folder, basename(path));
    const there = await lstat(path).catch(absent);
    if (there === undefined || !there.isSymbolicLink()) return path;
    path = resolve(folder, await readlink(path));
  }
  throw refuse('its links go round in a circle');
}

/**
 * Writes a file of the operator's: it is there whole or not at all, durable, and what was there before stays until then.
 * @returns where it is @throws Failure `usage` when it cannot be written; whatever reading `content` throws
 */
export async function writeOperatorFile(
  file: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  writing: Writing,
): Promise<string> {
  return replaceOperatorFile(file, writing, async (fresh) => {
    const handle = await open(fresh, 'wx', writing.mode ?? 0o666);
    try {
      if (typeof content === 'string' || content instanceof Uint8Array) await handle.writeFile(content);
      else for await (const chunk of content) await handle.writeFile(chunk);
      if (writing.passing !== true) await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/**
 * The same for who writes by himself.
 * @param write makes a new file of this name, which lies beside the one that it becomes
 */
export async function replaceOperatorFile(
  file: string,
  writing: Writing,
  write: (fresh: string) => Promise<unknown>,
): Promise<string> {
  const { what, mode, next = otherwise } = writing;
  const place = await placeOf(file, writing);
  if (writing.onlyNew) await reserve(place, what, next);
  const fresh = join(dirname(place), `.${basename(place)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await write(fresh);
    await keepAttributes(place, fresh, mode);
    await rename(fresh, place);
    if (writing.passing !== true) await sync(dirname(place));
    return place;
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => undefined);
    if (writing.onlyNew) await rm(place, { force: true }).catch(() => undefined);
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof Failure || code === undefined) throw cause;
    throw new Failure({
      kind: 'usage',
      doing: `Writing ${what}`,
      said: reasonOf(cause, dirname(place)),
      next,
      cause,
    });
  }
}

/** Whoever comes second finds it taken. */
async function reserve(place: string, what: string, next: string): Promise<void> {
  const handle = await open(place, 'wx').catch((cause: NodeJS.ErrnoException) => {
    const said =
      cause.code === 'EEXIST' ? 'it is there already, and stays as it is' : reasonOf(cause, dirname(place));
    throw new Failure({ kind: 'usage', doing: `Writing ${what}`, said, next, cause });
  });
  await handle.close();
}

/** A file that takes another's place has its owner and, at most, its permissions. */
async function keepAttributes(place: string, fresh: string, mode: number | undefined): Promise<void> {
  const before = await stat(place).catch(absent);
  if (before === undefined) return;
  await chmod(fresh, before.mode & 0o777 & (mode ?? 0o777));
  // Only root may give a file away, and only then is there another owner to keep.
  await chown(fresh, before.uid, before.gid).catch(() => undefined);
}

/**
 * Makes a folder of the operator's, and those that it is in. Node's own way of doing so tries for ever where a file system
 * such as /proc says that what is there is not.
 * @throws Failure `usage` when it cannot be made, or is something else
 */
export async function makeOperatorFolder(
  folder: string,
  { what, mode = 0o777, next = 'Name another folder.' }: Writing,
): Promise<void> {
  const path = resolve(folder);
  const refuse = (said: string, cause?: unknown) =>
    new Failure({ kind: 'usage', doing: `Making ${what}`, said, next, cause });
  const missing: string[] = [];
  try {
    for (let at = path; ; at = dirname(at)) {
      const there = await stat(at).catch(absent);
      if (there?.isDirectory()) break;
      if (there !== undefined) throw refuse(`${at} is ${kindOf(there)}`);
      missing.unshift(at);
    }
    for (const one of missing)
      await mkdir(one, { mode }).catch((error: NodeJS.ErrnoException) => {
        // Somebody else makes it as well.
        if (error.code !== 'EEXIST') throw error;
      });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw refuse(reasonOf(cause, dirname(path)), cause);
  }
}

/** A renamed file outlives a power cut when its folder does. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  // Some file systems cannot, and then there is nothing to wait for.
  await handle.sync().catch(() => undefined);
  await handle.close();
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFile()) return 'a file';
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

/**
 * What was thrown because this machine's disk, permissions or limits refused something, as a failure that says so; undefined
 * for anything else.
 */
export function machineFailure(thrown: unknown): Failure | undefined {
  if (thrown instanceof Failure || !(thrown instanceof Error)) return undefined;
  const { code, path, syscall } = thrown as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || !(code in reasons)) return undefined;
  return new Failure({
    kind: 'usage',
    doing: `Using ${path ?? 'a file on this machine'}`,
    said: `${reasons[code]} (${code}, ${syscall})`,
    next: 'Free some space, or make it accessible (`df -h`, `df -i`, `ls -ld`), then run the same command again.',
    cause: thrown,
  });
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there',
  EPERM: 'the system does not allow it',
  EMFILE: 'too many files are open (see `ulimit -n`)',
  ENFILE: 'too many files are open on this machine',
  EIO: 'the disk reports an error',
  EROFS: 'the file system there is read-only',
  ENOSPC: 'no space left there',
  EDQUOT: 'no space left there for you',
  ENOTDIR: 'part of the path is not a folder',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'it is in use, such as a file that is mounted',
};

/** What this machine said of a file in that folder, in words. */
export function reasonOf(cause: unknown, folder: string): string {
  const { code = 'unknown error', message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no folder ${folder}, or none can be made there (ENOENT)`;
  const reason = reasons[code];
  return reason === undefined ? `${message} (${code})` : `${reason} (${code})`;
}
