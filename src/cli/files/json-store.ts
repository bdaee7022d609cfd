import { readFile, rm } from 'node:fs/promises';
import { Failure } from '../../failure.js';
import { writeOperatorFile } from '../../operator/operator-file.js';
import { jsonText } from '../terminal.js';

/** One document of the operator's own, durable when it is saved, and readable by the operator alone. */
export interface JsonStore<T> {
  /** @throws Failure `keystore` when it is there and makes no sense */
  load(): Promise<T | undefined>;
  save(document: T): Promise<void>;
  remove(): Promise<void>;
}

/**
 * A document in a file of its own.
 * @param read what is in the file, as the document; what it throws means that it makes no sense
 * @param wrong what is said then, and what to do
 */
export const jsonStore = <T>(
  file: string,
  read: (json: unknown) => T,
  wrong: { readonly said: string; readonly next: string },
): JsonStore<T> => ({
  load: async () => {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    try {
      return read(JSON.parse(text));
    } catch (cause) {
      throw new Failure({ kind: 'keystore', doing: `Reading ${file}`, ...wrong, cause });
    }
  },
  save: async (document) => {
    await writeOperatorFile(file, `${jsonText(document, 2)}\n`, { what: file, mode: 0o600 });
  },
  remove: () => rm(file, { force: true }),
});
