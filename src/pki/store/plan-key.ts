import { Failure } from '../../failure.js';
import { Secret } from '../../secret.js';
import { readSecretIfThere } from './store-files.js';

/**
 * The key that plans are sealed with, from its file; undefined when there is none.
 * @throws Failure `keystore` when it is damaged
 */
export function readPlanKey(file: string): Secret | undefined {
  const text = readSecretIfThere(file)?.trim();
  if (text === undefined) return undefined;
  if (/^[0-9a-f]{64}$/.test(text)) return new Secret(text);
  throw new Failure({
    kind: 'keystore',
    doing: `Reading ${file}`,
    said: 'it is not the key that plans are sealed with, 64 hexadecimal digits',
    next: `Put the right one back, or remove it: rm ${file}. Then plan files that were written before are refused, and nothing else.`,
  });
}
