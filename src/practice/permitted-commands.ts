import { accessSync, constants, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.js';

/** Real programs of this machine that scripts may use on a practice host. Whatever is neither here nor a stand-in fails. */
export const permittedCommands: readonly string[] = (
  'sh cat tar sha256sum chmod mkdir mv rm rmdir cp ln ls base64 head tail cut sort uniq grep sed awk tr wc date sleep ' +
  'dd find readlink env timeout mktemp touch test [ printf echo true false kill cmp dirname basename xargs mkfifo ' +
  'flock nohup setsid seq tee expr gzip'
).split(' ');

/** Programs that stand-ins call by their full path, since a stand-in has their name on a practice host. */
export const wrappedCommands = ['stat', 'du'] as const;

/** Likewise, and a practice host can do without them. */
export const optionalCommands = ['ssh'] as const;

const directories = (searchPath: string): string[] => [
  ...new Set([...searchPath.split(':').filter(Boolean), '/usr/bin', '/bin', '/usr/sbin', '/sbin']),
];

/**
 * Where the permitted programs are on this machine.
 * @param searchPath PATH of this process
 * @throws Failure `preflight` naming the ones that are missing
 */
export function locateCommands(searchPath: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of [...permittedCommands, ...wrappedCommands, ...optionalCommands]) {
    const path = directories(searchPath)
      .map((directory) => join(directory, name))
      .find(isExecutable);
    if (path !== undefined) found.set(name, realpathOfDirectory(path, name));
  }
  const missing = [...permittedCommands, ...wrappedCommands].filter((name) => !found.has(name));
  if (missing.length === 0) return found;
  throw new Failure({
    kind: 'preflight',
    doing: 'Looking for the programs that practice hosts use',
    said: `not on this machine: ${missing.join(', ')}`,
    next: 'Install them; on Debian they are in coreutils, util-linux, findutils, grep, sed, gawk or mawk, tar and gzip.',
  });
}

/** Programs of many names (busybox) look at their name, so only the directory is resolved. */
const realpathOfDirectory = (path: string, name: string): string =>
  join(realpathSync(join(path, '..')), name);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
