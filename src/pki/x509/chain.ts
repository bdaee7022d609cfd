import type { ReadCertificate } from './read-certificates.js';

const signs = (issuer: ReadCertificate, { x509 }: ReadCertificate): boolean =>
  issuer.x509.ca && x509.checkIssued(issuer.x509) && x509.verify(issuer.publicKey);

/**
 * True when a chain of signatures leads from `certificate` to one of `anchors`. Kubernetes trusts every certificate of a
 * ca.crt, whatever signed that one in turn.
 * @param intermediates certificates that came with it and may stand between
 */
export function isSignedBy(
  certificate: ReadCertificate,
  anchors: readonly ReadCertificate[],
  intermediates: readonly ReadCertificate[] = [],
): boolean {
  if (anchors.some((anchor) => signs(anchor, certificate))) return true;
  const between = intermediates.find((candidate) => signs(candidate, certificate));
  return (
    between !== undefined &&
    isSignedBy(
      between,
      anchors,
      intermediates.filter((one) => one !== between),
    )
  );
}
