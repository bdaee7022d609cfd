import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../failure.js';

/** The file's text, or undefined when there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reads a file that holds a key. @throws Failure `keystore` when others could read it, too */
export async function readSecretIfThere(file: string): Promise<string | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0)
    throw new Failure({
      kind: 'keystore',
      doing: `Reading ${file}`,
      said: `its mode is ${(mode & 0o777).toString(8).padStart(4, '0')}: others can read the keys in it`,
      next: `chmod 600 ${file}`,
    });
  return text;
}

/** Writes a file so that it is there whole or not at all, whatever happens; its directory is 0700. */
export async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}.new`;
  const handle = await open(next, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(next, mode);
  await rename(next, file);
}
