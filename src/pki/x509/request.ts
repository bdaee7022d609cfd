import { createPrivateKey } from 'node:crypto';
import type { Secret } from '../../secret.js';
import type { CertificateSpec } from '../certificate-spec.js';
import { type Der, fromDer, integer, oid, parts, sequence, set, tagged, toDer, toPem } from './der.js';
import { distinguishedName } from './distinguished-name.js';
import { keyUsage, purposeExtensions } from './extensions.js';
import { publicKeyInfo, signed } from './signature.js';

/** PKCS#9 extensionRequest. */
const extensionRequest = '1.2.840.113549.1.9.14';

/** CertificationRequestInfo of RFC 2986: subject, key, and the names and usages that are asked for. */
const requestBody = (spec: CertificateSpec, info: Uint8Array): Der =>
  sequence(
    integer(Buffer.from([0])),
    distinguishedName(spec),
    fromDer(info),
    tagged(0, [sequence(oid(extensionRequest), set(sequence(keyUsage(false), ...purposeExtensions(spec))))]),
  );

/**
 * A PKCS#10 request (PEM) for `spec`. The one that is there already is kept when it asks for the same: it may be on its
 * way to be signed.
 */
export async function certificateRequest(
  spec: CertificateSpec,
  key: Secret,
  present: string | undefined,
): Promise<string> {
  const privateKey = createPrivateKey(key.reveal());
  const body = requestBody(spec, publicKeyInfo(privateKey));
  if (present !== undefined && bodyOf(present)?.equals(toDer(body))) return present;
  return toPem('CERTIFICATE REQUEST', await signed(body, privateKey));
}

/** What of a request is signed; undefined when it is no request. */
function bodyOf(pem: string): Buffer | undefined {
  const base64 = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(pem)?.[1] ?? '';
  try {
    return toDer(parts(fromDer(Buffer.from(base64, 'base64')))[0]!);
  } catch {
    return undefined;
  }
}
