import { dirname, resolve } from 'node:path';
import { Failure } from '../../failure.js';
import { type Files, localFiles } from './files.js';
import { parseInventory, type ReadInventory } from './parse-inventory.js';
import type { RunCommand } from './source.js';

/**
 * Reads and checks an inventory file and everything that it refers to.
 * @param file as the user typed it
 * @throws InvalidInventory with every problem at once; Failure `inventory` when the file cannot be read
 */
export async function readInventory(
  file: string,
  options: {
    environment: Readonly<Record<string, string | undefined>>;
    files?: Files;
    run?: RunCommand | undefined;
  },
): Promise<ReadInventory> {
  const { environment, files = localFiles, run } = options;
  const absolute = resolve(file);
  return parseInventory(readText(file, absolute, files), {
    file,
    directory: dirname(absolute),
    environment,
    files,
    run,
  });
}

function readText(file: string, absolute: string, files: Files): string {
  try {
    return files.read(absolute);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure({
      kind: 'inventory',
      doing: `Reading ${file}`,
      said: saidOf(code),
      next:
        code === 'ENOENT'
          ? '`podstrap init` writes a starter inventory; -f FILE names another one'
          : code === 'EISDIR'
            ? '-f FILE names an inventory, not its folder'
            : `make ${file} readable`,
      cause: error,
    });
  }
}

function saidOf(code: string | undefined): string {
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EISDIR' ? 'it is a folder' : `it cannot be read (${code ?? 'unknown error'})`;
}
