import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';

/** What the inventory's checks need to know about the files that it refers to. Paths are absolute. */
export interface Files {
  /** undefined when there is nothing at `path`. */
  kind(path: string): 'file' | 'directory' | undefined;
  /** Names in a directory, in any order. */
  list(directory: string): readonly string[];
  /** Text of a file. @throws when it cannot be read */
  read(path: string): string;
}

/** The operator's own disk. */
export const localFiles: Files = {
  kind(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat && (stat.isDirectory() ? 'directory' : 'file');
  },
  list: (directory) => readdirSync(directory),
  read: (path) => readFileSync(path, 'utf8'),
};

/**
 * A path of the inventory as an absolute one: `~` is the home directory, anything else relative starts beside the
 * inventory file.
 * @param home the user's home directory; without one `~/…` is taken as a name like any other
 */
export function resolvePath(path: string, from: { directory: string; home?: string | undefined }): string {
  if (from.home !== undefined && (path === '~' || path.startsWith('~/')))
    return join(from.home, path.slice(1));
  return isAbsolute(path) ? path : resolve(from.directory, path);
}
