import type { KeyObject } from 'node:crypto';

/** OpenSSL's names of the curves that the inventory knows. */
const curves: Readonly<Record<string, string>> = { prime256v1: 'ECDSA-P256', secp384r1: 'ECDSA-P384' };

/** The inventory's word for a key's algorithm, such as `RSA-2048`; what it has no word for in OpenSSL's. */
export function keyAlgorithm({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  if (type === 'rsa') return `RSA-${details?.modulusLength}`;
  const curve = details?.namedCurve;
  return curve === undefined ? String(type) : (curves[curve] ?? curve);
}
