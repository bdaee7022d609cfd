import { type KeyObject, X509Certificate } from 'node:crypto';
import { certificateBlocks } from './pem-blocks.js';

/** A parsed certificate with its public key, which node would decode anew each time it is asked for. */
export interface ReadCertificate {
  readonly x509: X509Certificate;
  readonly publicKey: KeyObject;
}

/** The certificates in `pem`, in their order; none when one of them is damaged. */
export function readCertificates(pem: string): readonly ReadCertificate[] {
  try {
    return certificateBlocks(pem).map((block) => {
      const x509 = new X509Certificate(block);
      return { x509, publicKey: x509.publicKey };
    });
  } catch {
    return [];
  }
}
