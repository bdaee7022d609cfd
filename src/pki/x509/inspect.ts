import { X509Certificate } from 'node:crypto';
import { keyAlgorithm } from './key-algorithm.js';
import type { ReadCertificate } from './read-certificates.js';
import { shortAddress } from './subject-names.js';
import { usageIds } from './usages.js';

/** What a certificate says, read with node:crypto. */
export interface CertificateDescription {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Common name of who signed it. */
  readonly issuer: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** `serverAuth`, `clientAuth`; others as object identifiers. */
  readonly usages: readonly string[];
  readonly authority: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Of its key: `RSA-2048`, `ECDSA-P256`, …; others in node’s words. */
  readonly algorithm: string;
  /** Hex. */
  readonly serial: string;
  /** SHA-256, hex with colons. */
  readonly fingerprint: string;
}

const usageNames = new Map(Object.entries(usageIds).map(([name, id]) => [id, name]));

/** Values of one attribute in a subject that node prints as lines of KEY=value, special characters escaped. */
const attribute = (subject: string, key: string): string[] =>
  subject
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1).replace(/\\(.)/g, '$1'));

/** Names by kind in what node prints as `DNS:a, IP Address:b`; it quotes what could be misread. */
function names(text: string | undefined, kind: string): string[] {
  const found: string[] = [];
  const entry = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y;
  for (let match = entry.exec(text ?? ''); match !== null; match = entry.exec(text ?? ''))
    if (match[1] === kind) found.push(match[2]!);
  return found;
}

/** @param pem only its first certificate counts @throws node's error when it is no certificate */
export function describeCertificate(pem: string): CertificateDescription {
  const x509 = new X509Certificate(pem);
  return describe({ x509, publicKey: x509.publicKey });
}

/** What a parsed certificate says. */
export const describe = ({ x509, publicKey }: ReadCertificate): CertificateDescription => ({
  commonName: attribute(x509.subject, 'CN')[0] ?? '',
  organizations: attribute(x509.subject, 'O'),
  issuer: attribute(x509.issuer, 'CN')[0] ?? '',
  dnsNames: names(x509.subjectAltName, 'DNS'),
  ipAddresses: names(x509.subjectAltName, 'IP Address').map(shortAddress),
  usages: (x509.keyUsage ?? []).map((id) => usageNames.get(id) ?? id),
  authority: x509.ca,
  notBefore: new Date(x509.validFrom),
  notAfter: new Date(x509.validTo),
  algorithm: keyAlgorithm(publicKey),
  serial: x509.serialNumber,
  fingerprint: x509.fingerprint256,
});
