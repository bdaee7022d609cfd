import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { Failure } from '../failure.js';
import { Secret } from '../secret.js';
import type { CertifiedKey } from './keys.js';
import { certificateBlocks, keyBlock } from './pem-blocks.js';
import { readSecretIfThere } from './store-files.js';

/**
 * A pair as the text of its file. One file and one rename: a certificate and its key can never be of different making.
 */
export const formatPair = ({ key, certificate }: CertifiedKey): string => key.reveal() + certificate;

/**
 * The pair in `file`, undefined when there is no such file.
 * @throws Failure `keystore` when it holds no certificate with its key, or others may read it
 */
export function readPair(file: string): CertifiedKey | undefined {
  const text = readSecretIfThere(file);
  if (text === undefined) return undefined;
  const key = keyBlock(text);
  const certificates = certificateBlocks(text);
  if (key === undefined || certificates.length === 0)
    throw damaged(file, 'it should hold a private key and its certificate, and does not');
  const pair = { key: new Secret(key), certificate: certificates.join('') };
  try {
    if (belongTogether(new X509Certificate(pair.certificate), pair.key)) return pair;
  } catch (cause) {
    throw damaged(file, 'its key or its certificate is damaged', cause);
  }
  throw damaged(file, 'its key is not the one of its certificate');
}

/**
 * Whether a private key is a certificate's. @throws node's error when the key is damaged
 *
 * Keys as podstrap writes them carry their public half in the clear, and finding it there takes a hundredth of the time
 * that OpenSSL takes to decode a private key.
 */
export function belongTogether(certificate: X509Certificate, key: Secret): boolean {
  const der = Buffer.from(key.reveal().replace(/-----[^-]+-----/g, ''), 'base64');
  const bits = publicBits(certificate.publicKey);
  return (
    (bits.length > 0 && der.includes(bits)) || certificate.checkPrivateKey(createPrivateKey(key.reveal()))
  );
}

/** The modulus of an RSA key, the point of an elliptic one. */
function publicBits(key: KeyObject): Buffer {
  const { n, x, y } = key.export({ format: 'jwk' });
  const decode = (part: string | undefined) => Buffer.from(part ?? '', 'base64url');
  return n === undefined ? Buffer.concat([decode(x), decode(y)]) : decode(n);
}

const damaged = (file: string, said: string, cause?: unknown): Failure =>
  new Failure({
    kind: 'keystore',
    doing: `Reading ${file}`,
    said,
    next: `Put the right file back, or remove it: podstrap then makes a new pair: rm ${file}`,
    cause,
  });
