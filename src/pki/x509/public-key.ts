import { createHash, X509Certificate } from 'node:crypto';

/** Hash of a certificate's public key (hex SHA-256); undefined for what is no certificate. */
export function publicKeyOf(pem: string): string | undefined {
  try {
    const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(spki).digest('hex');
  } catch {
    return undefined;
  }
}
