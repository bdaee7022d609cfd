import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { shippedText } from '../shipped-text.js';
import { version } from './version.js';

/** Where defects are reported: what `bugs` of package.json says, where it says anything. Details of a crash go to nobody on a guess. */
export const defectsAt = (manifest = shippedText('package.json')): string => {
  const { bugs } = JSON.parse(manifest) as { readonly bugs?: { readonly url: string } };
  return bugs === undefined ? 'where you got podstrap from' : `at ${bugs.url}`;
};

/**
 * Writes what there is to know of a defect to a new file for whoever reports it, readable by its owner alone.
 * @returns where it is; undefined where none can be written
 */
export function defectFile(error: unknown, argv: readonly string[]): string | undefined {
  const lines = [
    `podstrap ${version()}, Node.js ${process.version}, ${process.platform} ${process.arch}`,
    `podstrap ${argv.join(' ')}`,
    '',
    // With its causes.
    inspect(error, { depth: 5 }),
    '',
  ];
  try {
    const file = join(mkdtempSync(join(tmpdir(), 'podstrap-defect-')), 'details.txt');
    writeFileSync(file, lines.join('\n'), { mode: 0o600, flag: 'wx' });
    return file;
  } catch {
    return undefined;
  }
}
