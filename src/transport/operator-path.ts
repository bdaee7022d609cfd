import { join, resolve } from 'node:path';

/** A path on the operator's machine as people write it: ~ is their home, and others start at `base`. */
export const operatorPath = (path: string, base: string, home: string): string =>
  path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : resolve(base, path);
