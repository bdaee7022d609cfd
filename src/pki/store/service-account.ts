import { createPublicKey } from 'node:crypto';
import { Failure } from '../../failure.js';
import { Secret } from '../../secret.js';
import { serviceAccountPlace } from '../certificate-places.js';
import type { Keys } from '../keys.js';
import { readSecretIfThere } from './store-files.js';

type ServiceAccount = Keys['serviceAccount'];

/**
 * The pair that signs service account tokens, from the file of its private key; undefined when there is none.
 * @throws Failure `keystore` when the key is damaged
 */
export function readServiceAccount(file: string): ServiceAccount | undefined {
  const pem = readSecretIfThere(file);
  if (pem === undefined) return undefined;
  try {
    return serviceAccountOf(new Secret(pem));
  } catch (cause) {
    throw new Failure({
      kind: 'keystore',
      doing: `Reading ${file}`,
      said: 'it holds no private key that can be read',
      next: `Put the right file back: every control plane has it as ${serviceAccountPlace('privateKey')}.`,
      cause,
    });
  }
}

/** The public half (PKIX PEM, as sa.pub) follows from the private one. @throws node's error when that is damaged */
export const serviceAccountOf = (privateKey: Secret): ServiceAccount => ({
  privateKey,
  publicKey: createPublicKey(privateKey.reveal()).export({ type: 'spki', format: 'pem' }) as string,
});
