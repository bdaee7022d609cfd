import { createHash } from 'node:crypto';
import { sorted } from '../canonical-yaml.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * What tells one generation of a static pod from the next: 12 hex digits over its manifest (without the label that
 * holds them) and over the files that it reads only when it starts.
 * @param restartInputs path → hex SHA-256 of these files
 */
export const revisionOf = (pod: unknown, restartInputs: ReadonlyMap<string, string>): string =>
  inputsDigest(sorted(pod), restartInputs).slice(0, 12);

/** Tells something and files that belong to it from others of the kind. Hex SHA-256. @param files path → hex SHA-256 */
export function inputsDigest(what: unknown, files: ReadonlyMap<string, string>): string {
  const inputs = [...files].sort();
  return sha256(JSON.stringify([what, inputs]));
}
