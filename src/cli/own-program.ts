import { realpathSync } from 'node:fs';
import { isSea } from 'node:sea';

/** What starts this very podstrap again, before its arguments: the executable, or node and the script that it runs. */
export const ownProgram = (): readonly [string, ...string[]] =>
  isSea() ? [process.execPath] : [process.execPath, realpathSync(process.argv[1]!)];
