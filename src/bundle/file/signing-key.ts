import type { KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';

/**
 * Lets keys pass whose signature is over the SHA-256 of the file, as `cosign verify-blob` expects it: ECDSA and RSA.
 * Ed25519 signs the file itself, which would have to be in memory as a whole.
 * @throws Failure `usage`
 */
export function requireSigningKind(key: KeyObject, file: string): KeyObject {
  const kind = key.asymmetricKeyType;
  if (kind === 'ec' || kind === 'rsa') return key;
  throw new Failure({
    kind: 'usage',
    doing: `Reading the key ${file}`,
    said: `it is a key for ${kind}`,
    next: 'Use an ECDSA or RSA key: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -out bundle.key`.',
  });
}
