import { parseDuration } from '../inventory/duration.js';
import type { Inventory } from '../inventory/inventory.js';
import type { CertificateSpec } from './certificate-spec.js';
import { isSignedBy } from './x509/chain.js';
import { type CertificateDescription, describe } from './x509/inspect.js';
import { type ReadCertificate, readCertificates } from './x509/read-certificates.js';

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
    | 'expiring'
    | 'asked';
  /** A sentence without its full stop. */
  readonly said: string;
  /** Its end, where time is the problem. */
  readonly expires?: Date;
}

/** How long before its end a certificate is renewed, by how long it lives; both in milliseconds. */
export type RenewBefore = (life: number) => number;

/** The inventory's window, or the last third of a certificate's life. */
export const renewBeforeOf = ({ spec }: Inventory): RenewBefore => {
  const given = spec.certificateRenewBefore;
  return given === undefined ? (life) => life / 3 : () => parseDuration(given);
};

export interface JudgeOptions {
  /**
   * When a certificate is `expiring`. Without it none is: who cannot renew it has no use for that judgement.
   */
  readonly renewBefore?: RenewBefore;
}

const never: RenewBefore = () => 0;

/**
 * Judges a certificate by property. Pure.
 * @param pem the certificate; intermediates may follow
 * @param authority PEM of the authority that should have signed it; may hold several certificates
 * @returns nothing when it will do
 */
export const judgeCertificate = (
  pem: string,
  spec: CertificateSpec,
  authority: string,
  now: Date,
  options: JudgeOptions = {},
): readonly Judgement[] => judge(readCertificates(pem), spec, readCertificates(authority), now, options);

/** As judgeCertificate, of what is parsed already. */
export function judge(
  [certificate, ...intermediates]: readonly ReadCertificate[],
  spec: CertificateSpec,
  anchors: readonly ReadCertificate[],
  now: Date,
  { renewBefore = never }: JudgeOptions = {},
): readonly Judgement[] {
  if (certificate === undefined) return [{ problem: 'unreadable', said: 'it is not a certificate' }];
  const found = describe(certificate);
  const end = Math.max(...anchors.map(({ x509 }) => Date.parse(x509.validTo)));
  return [
    ...(isSignedBy(certificate, anchors, intermediates)
      ? []
      : [{ problem: 'issuer', said: `it was not signed by this cluster’s ${spec.authority}` } as const]),
    ...judgeWords(found, spec),
    // Renewing what already lives as long as its authority would not give it more time.
    ...judgeTime(found, now, found.notAfter.getTime() < end ? renewBefore : never),
  ];
}

function judgeWords(found: CertificateDescription, spec: CertificateSpec): readonly Judgement[] {
  const judgements: Judgement[] = [];
  const subject = ({ commonName, organizations }: Pick<CertificateSpec, 'commonName' | 'organizations'>) =>
    [commonName, ...[...organizations].sort()].join(', ');
  if (subject(found) !== subject(spec))
    judgements.push({ problem: 'subject', said: `it is for ${subject(found)}, wanted ${subject(spec)}` });
  const missing = [
    ...spec.dnsNames.filter((name) => !found.dnsNames.includes(name)),
    ...spec.ipAddresses.filter((ip) => !found.ipAddresses.includes(ip)),
  ];
  if (missing.length > 0)
    judgements.push({ problem: 'names', said: `it does not name ${missing.join(', ')}` });
  const lacking = spec.usages.filter((usage) => !found.usages.includes(usage));
  if (lacking.length > 0)
    judgements.push({ problem: 'usage', said: `it is not meant for ${lacking.join(', ')}` });
  if (!isAccepted(found.algorithm, spec))
    judgements.push({
      problem: 'algorithm',
      said: `its key is ${found.algorithm}, wanted ${spec.algorithm}`,
    });
  return judgements;
}

/** Whether a key of this kind, in the inventory's words, will do. */
export const isAccepted = (algorithm: string, { accepted }: Pick<CertificateSpec, 'accepted'>): boolean =>
  accepted.some((one) => one === algorithm);

function judgeTime(
  { notBefore, notAfter }: CertificateDescription,
  now: Date,
  renewBefore: RenewBefore,
): readonly Judgement[] {
  const expires = notAfter;
  const day = notAfter.toISOString().slice(0, 10);
  if (now < notBefore)
    return [{ problem: 'not-yet-valid', said: `it is valid only from ${notBefore.toISOString()}`, expires }];
  if (now > notAfter) return [{ problem: 'expired', said: `it expired on ${day}`, expires }];
  const window = renewBefore(notAfter.getTime() - notBefore.getTime());
  return notAfter.getTime() - now.getTime() < window
    ? [{ problem: 'expiring', said: `it expires on ${day} and is due for renewal`, expires }]
    : [];
}
