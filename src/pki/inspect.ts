import { X509Certificate } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Usage } from './catalog.js';

/** What a certificate says, read with node:crypto. */
export interface CertificateDescription {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly issuer: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly usages: readonly Usage[];
  readonly authority: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256, hex with colons. */
  readonly fingerprint: string;
}

const usageIds: Readonly<Record<string, Usage>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
};

/** Values of one attribute in a subject that node prints as lines of KEY=value. */
const attribute = (subject: string, key: string): string[] =>
  subject.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));

/** The names after `kind` in what node prints as `DNS:a, IP Address:b`. */
const names = (text: string | undefined, kind: string): string[] =>
  (text ?? '')
    .split(', ')
    .flatMap((part) => (part.startsWith(`${kind}:`) ? [part.slice(kind.length + 1)] : []));

/** @throws node's error when `pem` is no certificate */
export function describeCertificate(pem: string): CertificateDescription {
  const certificate = new X509Certificate(pem);
  return {
    commonName: attribute(certificate.subject, 'CN')[0] ?? '',
    organizations: attribute(certificate.subject, 'O'),
    issuer: attribute(certificate.issuer, 'CN')[0] ?? '',
    dnsNames: names(certificate.subjectAltName, 'DNS'),
    ipAddresses: names(certificate.subjectAltName, 'IP Address').map((ip) => ipaddr.parse(ip).toString()),
    usages: (certificate.keyUsage ?? []).flatMap((id) => usageIds[id] ?? []),
    authority: certificate.ca,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    fingerprint: certificate.fingerprint256,
  };
}
