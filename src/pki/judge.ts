import { X509Certificate } from 'node:crypto';
import type { CertificateSpec } from './catalog.js';
import { type CertificateDescription, describeCertificate } from './inspect.js';

/** One thing that is wrong with a certificate. */
export interface Judgement {
  readonly problem:
    | 'unreadable'
    | 'issuer'
    | 'subject'
    | 'names'
    | 'usage'
    | 'algorithm'
    | 'not-yet-valid'
    | 'expired'
    | 'expiring';
  /** A sentence without its full stop. */
  readonly said: string;
}

/** The share of a certificate's life at whose end it is renewed. */
export const renewalWindow = 1 / 3;

/**
 * Judges a certificate by property. Pure.
 * @param authority PEM of the authority that should have signed it; may hold several certificates
 * @returns nothing when it will do
 */
export function judgeCertificate(
  pem: string,
  spec: CertificateSpec,
  authority: string,
  now: Date,
): readonly Judgement[] {
  let found: CertificateDescription;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
    found = describeCertificate(pem);
  } catch {
    return [{ problem: 'unreadable', said: 'it is not a certificate' }];
  }
  return [
    ...judgeIssuer(certificate, authority),
    ...judgeSubject(found, spec),
    ...judgeAlgorithm(certificate, spec),
    ...judgeTime(found, now),
  ];
}

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function judgeIssuer(certificate: X509Certificate, authority: string): Judgement[] {
  const signed = (authority.match(pemBlock) ?? []).some((pem) =>
    certificate.verify(new X509Certificate(pem).publicKey),
  );
  return signed ? [] : [{ problem: 'issuer', said: 'it was not signed by the authority of this cluster' }];
}

function judgeSubject(found: CertificateDescription, spec: CertificateSpec): Judgement[] {
  const judgements: Judgement[] = [];
  if (
    found.commonName !== spec.commonName ||
    [...found.organizations].sort().join() !== [...spec.organizations].sort().join()
  )
    judgements.push({
      problem: 'subject',
      said: `it is for ${[found.commonName, ...found.organizations].join(', ')}, wanted ${[spec.commonName, ...spec.organizations].join(', ')}`,
    });
  const missing = [
    ...spec.dnsNames.filter((name) => !found.dnsNames.includes(name)),
    ...spec.ipAddresses.filter((ip) => !found.ipAddresses.includes(ip)),
  ];
  if (missing.length > 0)
    judgements.push({ problem: 'names', said: `it does not name ${missing.join(', ')}` });
  const unusable = spec.usages.filter((usage) => !found.usages.includes(usage));
  if (unusable.length > 0)
    judgements.push({ problem: 'usage', said: `it is not meant for ${unusable.join(', ')}` });
  return judgements;
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'ECDSA-P256', secp384r1: 'ECDSA-P384' };

function judgeAlgorithm({ publicKey }: X509Certificate, spec: CertificateSpec): Judgement[] {
  const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const algorithm = namedCurve === undefined ? `RSA-${modulusLength}` : curves[namedCurve];
  return algorithm === spec.algorithm
    ? []
    : [{ problem: 'algorithm', said: `its key is ${algorithm ?? namedCurve}, wanted ${spec.algorithm}` }];
}

function judgeTime({ notBefore, notAfter }: CertificateDescription, now: Date): Judgement[] {
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (now < notBefore)
    return [{ problem: 'not-yet-valid', said: `it is valid only from ${notBefore.toISOString()}` }];
  if (now > notAfter) return [{ problem: 'expired', said: `it expired on ${day(notAfter)}` }];
  const life = notAfter.getTime() - notBefore.getTime();
  return notAfter.getTime() - now.getTime() < life * renewalWindow
    ? [{ problem: 'expiring', said: `it expires on ${day(notAfter)}, which is within its renewal window` }]
    : [];
}
