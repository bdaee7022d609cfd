import { createHash } from 'node:crypto';
import { sorted } from '../canonical-yaml.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * What tells one generation of a static pod from the next: 12 hex digits over its manifest (without the label that
 * holds them) and over the files that it reads only when it starts.
 */
export function revisionOf(pod: unknown, restartInputs: ReadonlyMap<string, string>): string {
  const inputs = [...restartInputs].map(([path, content]) => [path, sha256(content)]).sort();
  return sha256(JSON.stringify([sorted(pod), inputs])).slice(0, 12);
}
