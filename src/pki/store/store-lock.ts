import { readlinkSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../failure.js';
import { isGone, type ProcessIdentity, thisProcess } from '../../operator/process-identity.js';

/** Milliseconds between two tries, and how long to try, to get the keystore from another podstrap. */
const pauseMs = 50;
const keystorePatienceMs = 120_000;

/** How long to try, and what to tell then. */
interface Impatience {
  readonly patienceMs: number;
  readonly failure: (file: string, holder: string) => Failure;
}

/**
 * Works alone on a keystore: two runs at once must not both make what is missing.
 * The lock of a process that is gone is taken over.
 * @throws Failure `locked` when another process does not let go of it
 */
export async function withStoreLock<T>(
  file: string,
  work: () => Promise<T>,
  { patienceMs, failure }: Impatience = patient,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const me = thisProcess();
  for (let waited = 0; !(await take(file, me)); waited += pauseMs) {
    if (waited >= patienceMs) throw failure(file, holderOf(file) ?? 'it just ended');
    await delay(pauseMs);
  }
  try {
    await sweep(dirname(file));
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** The lock is a symbolic link to nothing: it appears at once, only where none was, and with its text. */
async function take(file: string, me: ProcessIdentity): Promise<boolean> {
  try {
    await symlink(JSON.stringify(me), file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = holderOf(file);
  if (found !== undefined && !isHeld(found)) await removeStale(file, found);
  return false;
}

/** Removes the lock only if it is still the one that was found stale: another process may have been quicker. */
async function removeStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${process.pid}.stale`;
  await rename(file, aside).catch(() => {});
  const found = holderOf(aside);
  if (found !== undefined && found !== stale) await symlink(found, file).catch(() => {});
  await rm(aside, { force: true });
}

function holderOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

/** Whether the process behind a lock may still be alive; what is not of ours is taken to be. */
function isHeld(text: string): boolean {
  try {
    return !isGone(JSON.parse(text) as ProcessIdentity);
  } catch {
    return true;
  }
}

/** Removes what writers left that were killed in the middle. Nobody else writes now. */
async function sweep(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true });
  const left = entries.filter((entry) => /\.\d+(\.new|\.stale)$/.test(entry));
  await Promise.all(left.map((entry) => rm(join(directory, entry), { force: true })));
}

const locked = (file: string, holder: string): Failure =>
  new Failure({
    kind: 'locked',
    doing: 'Opening the keystore',
    said: `another process works on it: ${holder}`,
    next: `Wait for it to end. When there is no such process, remove ${file}.`,
  });

const patient: Impatience = { patienceMs: keystorePatienceMs, failure: locked };
