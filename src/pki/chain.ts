import type { X509Certificate } from 'node:crypto';

const signs = (issuer: X509Certificate, certificate: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/**
 * True when a chain of signatures leads from `certificate` to one of `anchors`. Kubernetes trusts every certificate of a
 * ca.crt, whatever signed that one in turn.
 * @param intermediates certificates that came with it and may stand between
 */
export function isSignedBy(
  certificate: X509Certificate,
  anchors: readonly X509Certificate[],
  intermediates: readonly X509Certificate[] = [],
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
