import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { Secret } from '../../secret.js';
import type { CertificateSpec } from '../certificate-spec.js';
import { type Der, fromDer, integer, sequence, tagged, time, toPem } from './der.js';
import { distinguishedName } from './distinguished-name.js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  keyIdentifier,
  keyUsage,
  purposeExtensions,
  subjectKeyIdentifier,
} from './extensions.js';
import { publicKeyInfo, signatureAlgorithm, signed } from './signature.js';
import type { Signer } from './signer.js';

/** What a certificate is made with besides its spec. */
export interface Circumstances {
  readonly now: Date;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** kubeadm's allowance: the clocks of hosts may be that far behind. */
const allowanceMs = 5 * 60_000;
const version3 = Buffer.from([2]);

/**
 * Makes a leaf certificate (PEM). It ends with its authority at the latest. RSA and ECDSA, in any combination: node-forge
 * knows certificates of RSA keys only, so its ASN.1 is used and node signs, which also leaves the work to the thread pool.
 * @param publicKey PEM
 */
export async function issue(
  spec: CertificateSpec,
  publicKey: string,
  signer: Signer,
  { now, randomBytes }: Circumstances,
): Promise<string> {
  const info = publicKeyInfo(createPublicKey(publicKey));
  const end = Math.min(now.getTime() + spec.validityMs, signer.notAfter.getTime());
  const body = certificateBody({
    serial: serial(randomBytes),
    algorithm: signatureAlgorithm(signer.key),
    issuer: signer.name,
    validity: validity(now, new Date(end)),
    subject: distinguishedName(spec),
    publicKeyInfo: info,
    extensions: [
      keyUsage(false),
      ...purposeExtensions(spec),
      basicConstraints(false),
      subjectKeyIdentifier(keyIdentifier(info)),
      authorityKeyIdentifier(signer.keyIdentifier),
    ],
  });
  return toPem('CERTIFICATE', await signed(body, signer.key));
}

/** Makes the self-signed certificate (PEM) of an authority, with its common name as a DNS name, too, as kubeadm does. */
export async function issueAuthority(
  { commonName, validityMs }: { readonly commonName: string; readonly validityMs: number },
  privateKey: Secret,
  { now, randomBytes }: Circumstances,
): Promise<string> {
  const key = createPrivateKey(privateKey.reveal());
  const info = publicKeyInfo(key);
  const name = distinguishedName({ commonName, organizations: [] });
  const body = certificateBody({
    serial: serial(randomBytes),
    algorithm: signatureAlgorithm(key),
    issuer: name,
    validity: validity(now, new Date(now.getTime() + validityMs)),
    subject: name,
    publicKeyInfo: info,
    extensions: [
      keyUsage(true),
      basicConstraints(true),
      subjectKeyIdentifier(keyIdentifier(info)),
      ...purposeExtensions({ usages: [], dnsNames: [commonName], ipAddresses: [] }),
    ],
  });
  return toPem('CERTIFICATE', await signed(body, key));
}

interface Body {
  readonly serial: Der;
  readonly algorithm: Der;
  readonly issuer: Der;
  readonly validity: Der;
  readonly subject: Der;
  readonly publicKeyInfo: Uint8Array;
  readonly extensions: readonly Der[];
}

/** TBSCertificate of RFC 5280 §4.1. */
const certificateBody = (body: Body): Der =>
  sequence(
    tagged(0, [integer(version3)]),
    body.serial,
    body.algorithm,
    body.issuer,
    body.validity,
    body.subject,
    fromDer(body.publicKeyInfo),
    tagged(3, [sequence(...body.extensions)]),
  );

const validity = (now: Date, end: Date): Der =>
  sequence(time(new Date(now.getTime() - allowanceMs)), time(end));

/** 63 random bits, never zero. */
function serial(randomBytes: (size: number) => Uint8Array): Der {
  const bytes = Buffer.from(randomBytes(8));
  bytes[0]! &= 0x7f;
  if (bytes.every((byte) => byte === 0)) bytes[7] = 1;
  return integer(bytes);
}
