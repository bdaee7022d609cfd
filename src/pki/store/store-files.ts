import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../failure.js';
import { reasonOf } from '../../operator/operator-file.js';

/**
 * The file's text, or undefined when there is none. Reads are synchronous: nothing else happens while a keystore is
 * opened, and thousands of small files cost a fraction of the time that way.
 * @throws Failure `keystore` when it cannot be read
 */
export const readIfThere = (file: string): string | undefined => readOpen(file, () => {});

/** As readIfThere, for a file that holds a key. @throws Failure `keystore`, too, when others may use the file */
export const readSecretIfThere = (file: string): string | undefined =>
  readOpen(file, (mode) => {
    if ((mode & 0o077) === 0) return;
    throw new Failure({
      kind: 'keystore',
      doing: `Reading ${file}`,
      said: `its mode is ${(mode & 0o777).toString(8).padStart(4, '0')}: others than its owner may use the keys in it`,
      next: `chmod 600 ${file}`,
    });
  });

function readOpen(file: string, check: (mode: number) => void): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refused('Reading', file, error);
  }
  try {
    check(fstatSync(descriptor).mode);
    return readFileSync(descriptor, 'utf8');
  } catch (error) {
    throw error instanceof Failure ? error : refused('Reading', file, error);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a file so that it is there whole or not at all, whatever happens; durable when it returns.
 * Directories that are missing are made for their owner only.
 * @throws Failure `keystore` when the disk refuses
 */
export const writeWhole = (file: string, text: string, mode: number): Promise<void> =>
  write(file, text, mode, (next) => rename(next, file));

/**
 * As writeWhole, but a file that is there already stays.
 * @returns the text that is there now
 */
export async function writeOnce(file: string, text: string, mode: number): Promise<string> {
  await write(file, text, mode, async (next) => {
    await link(next, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(next);
  });
  return readIfThere(file) ?? text;
}

async function write(
  file: string,
  text: string,
  mode: number,
  place: (next: string) => Promise<void>,
): Promise<void> {
  const next = `${file}.${process.pid}.new`;
  try {
    await makeDirectory(dirname(file));
    // One that a killed process of the same number left would keep its mode.
    await rm(next, { force: true });
    const handle = await open(next, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(next);
    await syncDirectory(dirname(file));
  } catch (error) {
    throw refused('Writing', file, error);
  }
}

/** Makes a directory and those above it, durably. */
async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made))
    await syncDirectory(dirname(made));
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}

function refused(verb: string, file: string, cause: unknown): Failure {
  const { code } = cause as NodeJS.ErrnoException;
  return new Failure({
    kind: 'keystore',
    doing: `${verb} ${file}`,
    said: reasonOf(cause, dirname(file)),
    next:
      code === 'EACCES' || code === 'EPERM'
        ? `Was podstrap run as another user before? Then: sudo chown -R "$(id -u)" ${dirname(file)}`
        : 'Look at the disk (`df -h`, `df -i`) and the path, then run the same command again.',
    cause,
  });
}
