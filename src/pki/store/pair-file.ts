import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';
import { Secret } from '../../secret.js';
import type { CertifiedKey } from '../keys.js';
import { certificateBlocks, keyBlock } from '../x509/pem-blocks.js';
import { type ReadCertificate, readCertificates } from '../x509/read-certificates.js';
import { readSecretIfThere } from './store-files.js';

/**
 * A pair as the text of its file. One file and one rename: a certificate and its key can never be of different making.
 */
export const formatPair = ({ key, certificate }: CertifiedKey): string => key.reveal() + certificate;

/** A pair as it lies in its file, and its certificates parsed. */
export interface ReadPair {
  readonly pair: CertifiedKey;
  readonly read: readonly ReadCertificate[];
}

/**
 * The pair in `file`, undefined when there is no such file.
 * @throws Failure `keystore` when it holds no certificate with its key, or others may read it
 */
export function readPair(file: string): ReadPair | undefined {
  const text = readSecretIfThere(file);
  if (text === undefined) return undefined;
  const key = keyBlock(text);
  const certificates = certificateBlocks(text);
  if (key === undefined || certificates.length === 0)
    throw damaged(file, 'it should hold a private key and its certificate, and does not');
  const pair = { key: new Secret(key), certificate: certificates.join('') };
  const read = readCertificates(pair.certificate);
  if (read.length === 0) throw damaged(file, 'its certificate is damaged');
  try {
    if (belongTogether(read[0]!, pair.key)) return { pair, read };
  } catch (cause) {
    throw damaged(file, 'its key is damaged', cause);
  }
  throw damaged(file, 'its key is not the one of its certificate');
}

/**
 * Whether a private key is a certificate's. @throws node's error when the key is damaged
 *
 * Keys as podstrap writes them carry their public half in the clear, and finding it there takes a hundredth of the time
 * that OpenSSL takes to decode a private key.
 */
export function belongTogether({ x509, publicKey }: ReadCertificate, key: Secret): boolean {
  const der = Buffer.from(key.reveal().replace(/-----[^-]+-----/g, ''), 'base64');
  const bits = publicBits(publicKey);
  return (
    (isWhole(der) && bits.length > 0 && der.includes(bits)) ||
    x509.checkPrivateKey(createPrivateKey(key.reveal()))
  );
}

/** Whether DER is one value of the length that it claims. */
function isWhole(der: Buffer): boolean {
  const short = der.length > 1 && der[1]! < 0x80;
  const bytes = short ? 0 : (der[1] ?? 0) & 0x7f;
  if (!short && (bytes < 1 || bytes > 4 || der.length < 2 + bytes)) return false;
  return der.length === 2 + bytes + (short ? der[1]! : der.readUIntBE(2, bytes));
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
