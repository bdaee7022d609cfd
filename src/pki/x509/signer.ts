import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Secret } from '../../secret.js';
import { type Der, fromDer, parts } from './der.js';
import { findKeyIdentifier, keyIdentifier } from './extensions.js';
import { publicKeyInfo } from './signature.js';

/** What of an authority goes into the certificates that it signs. */
export interface Signer {
  /** Its subject, to the byte: verifiers compare names as bytes. */
  readonly name: Der;
  readonly keyIdentifier: Buffer;
  readonly notAfter: Date;
  readonly key: KeyObject;
}

/** Positions in TBSCertificate (RFC 5280 §4.1), which begins with its version in every certificate that has extensions. */
const subject = 5;
const extensionsTag = 3;

/**
 * An authority made ready to sign.
 * @param certificate PEM; only the first certificate counts
 * @throws node's error when one of them is damaged
 */
export function openSigner(certificate: string, key: Secret): Signer {
  const x509 = new X509Certificate(certificate);
  const fields = parts(parts(fromDer(x509.raw))[0]!);
  const wrapped = fields.slice(subject).find((field) => field.tagClass !== 0 && field.type === extensionsTag);
  const extensions = wrapped === undefined ? [] : parts(parts(wrapped)[0]!);
  return {
    name: fields[subject]!,
    // A foreign authority may have computed its identifier in another way.
    keyIdentifier: findKeyIdentifier(extensions) ?? keyIdentifier(publicKeyInfo(x509.publicKey)),
    notAfter: new Date(x509.validTo),
    key: createPrivateKey(key.reveal()),
  };
}
