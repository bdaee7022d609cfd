import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Inventory } from '../../inventory/inventory.js';
import { resolvePath } from '../../inventory/reading/files.js';

/** Where fetched files are kept: the inventory's own place, else beside other programs' caches. */
export function cacheDirectoryOf(inventory: Inventory): string {
  const given = inventory.spec.artifacts.cacheDirectory;
  return given === undefined
    ? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'podstrap')
    : resolvePath(given, { directory: inventory.directory, home: homedir() });
}
