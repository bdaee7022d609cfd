import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '../../secret.js';
import type { Algorithm } from '../certificate-spec.js';

const generate = promisify(generateKeyPair);

/** A private key as kubeadm writes it (PKCS#1 for RSA, SEC1 for ECDSA) and its public half (PKIX), both PEM. */
export interface NewKey {
  readonly privateKey: Secret;
  readonly publicKey: string;
}

const curves: Readonly<Record<string, string>> = { 'ECDSA-P256': 'P-256', 'ECDSA-P384': 'P-384' };
const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;

/** Makes a key on node's thread pool, so that many are made side by side. */
export async function generateKey(algorithm: Algorithm): Promise<NewKey> {
  const namedCurve = curves[algorithm];
  const pair =
    namedCurve === undefined
      ? await generate('rsa', {
          modulusLength: Number(algorithm.slice('RSA-'.length)),
          publicKeyEncoding,
          privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
        })
      : await generate('ec', {
          namedCurve,
          publicKeyEncoding,
          privateKeyEncoding: { type: 'sec1', format: 'pem' },
        });
  return { privateKey: new Secret(pair.privateKey), publicKey: pair.publicKey };
}
