import type { CertificateSpec } from '../certificate-spec.js';
import { type Der, oid, sequence, set, text } from './der.js';

const commonName = '2.5.4.3';
const organization = '2.5.4.10';

const attribute = (id: string, value: string): Der => set(sequence(oid(id), text(value)));

/** Subject of a certificate: organizations, then the common name, in Go's order. */
export const distinguishedName = (spec: Pick<CertificateSpec, 'commonName' | 'organizations'>): Der =>
  sequence(
    ...spec.organizations.map((name) => attribute(organization, name)),
    attribute(commonName, spec.commonName),
  );
