import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import type { Secret } from '../secret.js';
import type { CertificateSpec } from './catalog.js';
import { issueEcdsa } from './issue-ecdsa.js';
import { issueRsa } from './issue-rsa.js';

/** Everything a certificate is made of. */
export interface Request {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly usages: CertificateSpec['usages'];
  readonly authority: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Hex, positive, 63 bits. */
  readonly serial: string;
  /** PEM, PKIX. */
  readonly publicKey: string;
  /** Who signs: PEM certificate and key; absent for a self-signed one, which `key` signs. */
  readonly issuer?: string;
  readonly key: Secret;
}

/** Five minutes: clocks of hosts may be that far behind. */
const allowanceMs = 5 * 60_000;

/** Random, positive, 63 bits, never zero. */
function serial(): string {
  const bytes = randomBytes(8);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

export interface IssueInput {
  readonly spec: Omit<CertificateSpec, 'name' | 'authority' | 'algorithm'>;
  readonly authority: boolean;
  readonly publicKey: string;
  readonly issuer?: string;
  readonly key: Secret;
  readonly now: Date;
}

/** Makes a certificate (PEM). The signing key's kind decides which library does it: node-forge knows RSA only. */
export function issue({ spec, authority, publicKey, issuer, key, now }: IssueInput): Promise<string> {
  const request: Request = {
    ...spec,
    authority,
    publicKey,
    key,
    notBefore: new Date(now.getTime() - allowanceMs),
    notAfter: new Date(now.getTime() + spec.validityMs),
    serial: serial(),
    ...(issuer === undefined ? {} : { issuer }),
  };
  const rsa = (kind: string | undefined) => kind === 'rsa';
  const signer = createPrivateKey(key.reveal()).asymmetricKeyType;
  const subject = createPublicKey(publicKey).asymmetricKeyType;
  return rsa(signer) && rsa(subject) ? Promise.resolve(issueRsa(request)) : issueEcdsa(request);
}
