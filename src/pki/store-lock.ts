import { readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../failure.js';

/** Milliseconds between two tries, and how long to try, to get the keystore from another podstrap. */
const pauseMs = 50;
const patienceMs = 120_000;

/** Who holds a lock. A number alone would be taken for another process that got it later. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the kernel's words; empty where the kernel does not tell. */
  readonly started: string;
}

/**
 * Works alone on a keystore: two runs at once must not both make what is missing.
 * The lock of a process that is gone is taken over.
 * @throws Failure `locked` when another process does not let go of it
 */
export async function withStoreLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const me: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  for (let waited = 0; !(await take(file, me)); waited += pauseMs) {
    if (waited >= patienceMs) throw locked(file);
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
async function take(file: string, me: Holder): Promise<boolean> {
  try {
    await symlink(JSON.stringify(me), file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = holderOf(file);
  if (found !== undefined && !isHeld(found, me.host)) await removeStale(file, found);
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

/** Whether the process behind a lock may still be alive. */
function isHeld(text: string, host: string): boolean {
  let holder: Holder;
  try {
    holder = JSON.parse(text) as Holder;
  } catch {
    // Nothing of ours.
    return true;
  }
  if (holder.host !== host) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return holder.started === startOf(holder.pid);
}

/** Boot and clock tick of a process's start, from /proc; empty where there is none. */
function startOf(pid: number): string {
  const boot = read('/proc/sys/kernel/random/boot_id')?.trim();
  // The process's name, in parentheses, may hold anything; start time is field 22, the 20th behind it.
  const tick = read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')[19];
  return boot === undefined || tick === undefined ? '' : `${boot} ${tick}`;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Removes what writers left that were killed in the middle. Nobody else writes now. */
async function sweep(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true });
  const left = entries.filter((entry) => /\.\d+(\.new|\.stale)$/.test(entry));
  await Promise.all(left.map((entry) => rm(join(directory, entry), { force: true })));
}

const locked = (file: string): Failure =>
  new Failure({
    kind: 'locked',
    doing: 'Opening the keystore',
    said: `another process works on it: ${holderOf(file) ?? 'it just ended'}`,
    next: `Wait for it to end. When there is no such process, remove ${file}.`,
  });
