import type { CertificateSpec } from '../certificate-spec.js';

/** Extended key usages and their object identifiers. */
export const usageIds: Readonly<Record<CertificateSpec['usages'][number], string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};
