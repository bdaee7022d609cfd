import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../failure.js';

/** Milliseconds between two tries, and tries, to get the keystore from another podstrap on this machine. */
const pause = 100;
const tries = 600;

/**
 * Works alone on a keystore: two runs at once must not make two authorities.
 * A lock whose process is gone is taken over.
 */
export async function withStoreLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  for (let left = tries; !(await take(file)); left--) {
    if (left === 0)
      throw new Failure({
        kind: 'locked',
        doing: 'Opening the keystore',
        said: `process ${await readFile(file, 'utf8').catch(() => '?')} works on it`,
        next: `Wait for it to end. When there is no such process, remove ${file}.`,
      });
    await delay(pause);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  if (owner > 0 && !isAlive(owner)) await rm(file, { force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
