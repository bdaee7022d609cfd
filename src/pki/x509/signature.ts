import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '../../failure.js';
import { bits, type Der, nothing, oid, sequence, toDer } from './der.js';

const signBytes = promisify(sign);

interface Scheme {
  readonly oid: string;
  readonly hash: string;
  readonly parameters: readonly Der[];
}

const ecdsa: Readonly<Record<string, Scheme>> = {
  prime256v1: { oid: '1.2.840.10045.4.3.2', hash: 'sha256', parameters: [] },
  secp384r1: { oid: '1.2.840.10045.4.3.3', hash: 'sha384', parameters: [] },
  secp521r1: { oid: '1.2.840.10045.4.3.4', hash: 'sha512', parameters: [] },
};

/** How a key signs: SHA-256 with RSA, and with ECDSA the hash that goes with the curve. As Go does. */
function schemeOf(key: KeyObject): Scheme {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') return { oid: '1.2.840.113549.1.1.11', hash: 'sha256', parameters: [nothing()] };
  const scheme = ecdsa[details?.namedCurve ?? ''];
  if (type === 'ec' && scheme !== undefined) return scheme;
  throw new Failure({
    kind: 'keystore',
    doing: 'Signing a certificate',
    said: `the authority’s key is of kind ${details?.namedCurve ?? type}, which podstrap cannot sign with`,
    next: 'Use an RSA key, or an ECDSA key on P-256, P-384 or P-521; or keep the key away and have requests signed.',
  });
}

/** AlgorithmIdentifier of the signatures that `key` makes. @throws Failure `keystore` for a kind of key that is not supported */
export function signatureAlgorithm(key: KeyObject): Der {
  const { oid: id, parameters } = schemeOf(key);
  return sequence(oid(id), ...parameters);
}

/** `what` with the signature of `key`, as certificates and requests are built. Signs on the thread pool. */
export async function signed(what: Der, key: KeyObject): Promise<Buffer> {
  const signature = await signBytes(schemeOf(key).hash, toDer(what), key);
  return toDer(sequence(what, signatureAlgorithm(key), bits(signature)));
}

/** SubjectPublicKeyInfo of a public key, or of a private key’s public half. */
export const publicKeyInfo = (key: KeyObject): Buffer =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
