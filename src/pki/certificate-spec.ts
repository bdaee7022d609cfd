import { parseDuration } from '../inventory/duration.js';
import { takesPart } from '../inventory/host-kinds.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import { type CertificateRow, catalog, operators, rowOf, type Usage } from './catalog.js';
import type { AuthorityName } from './keys.js';
import { subjectNames } from './x509/subject-names.js';

export type Algorithm = NonNullable<Inventory['spec']['encryptionAlgorithm']>;

/** What a certificate must say. Certificates are judged against this, never by their bytes. */
export interface CertificateSpec {
  readonly name: string;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly usages: readonly Usage[];
  /** Sorted, without repetition. */
  readonly dnsNames: readonly string[];
  /** Sorted, without repetition, in their shortest form. */
  readonly ipAddresses: readonly string[];
  readonly authority: AuthorityName;
  /** Milliseconds. */
  readonly validityMs: number;
  /** Kind of a key that is made. */
  readonly algorithm: Algorithm;
  /** Kinds of keys that will do when they are there. */
  readonly accepted: readonly Algorithm[];
}

/** kubeadm's kind of keys, where the inventory does not say another. */
export const rootAlgorithm = ({ spec }: Inventory): Algorithm => spec.encryptionAlgorithm ?? 'RSA-2048';

type KeyKinds = Pick<CertificateSpec, 'algorithm' | 'accepted'>;

/**
 * The kind that the inventory asks for. Where it asks for none, who serves, and people, get kubeadm's; what only the
 * cluster's own servers ever meet gets what kubelets make for themselves: a curve as strong as RSA-3072, whose keys take
 * a thousandth of the time, and each handshake a tenth. Nobody whose RSA key is there gets another one for it.
 */
function keyKinds(inventory: Inventory, met: CertificateRow['met']): KeyKinds {
  const algorithm = rootAlgorithm(inventory);
  return met === 'by anybody' || inventory.spec.encryptionAlgorithm !== undefined
    ? { algorithm, accepted: [algorithm] }
    : { algorithm: 'ECDSA-P256', accepted: ['ECDSA-P256', algorithm] };
}

/** Names of the leaf certificates that a host has. */
export const certificatesOf = (inventory: Inventory, host: Host): readonly string[] =>
  Object.entries(catalog)
    .filter(([, row]) => takesPart(host, row.on))
    .filter(([, row]) => row.when?.(inventory) ?? true)
    .map(([name]) => name);

/** What the certificate `name` of `host` must say. Pure. @throws Error for a name that is not in the catalog */
export function certificateSpec(inventory: Inventory, host: Host, name: string): CertificateSpec {
  const row = rowOf(name);
  return {
    name,
    commonName: row.commonName(inventory, host),
    organizations: row.organizations?.(inventory) ?? [],
    usages: row.usages,
    ...subjectNames(row.names?.(inventory, host) ?? []),
    authority: row.authority,
    ...keyKinds(inventory, row.met),
    validityMs: validityOf(inventory),
  };
}

/** What one of podstrap's own client certificates must say. */
export const operatorSpec = (inventory: Inventory, name: keyof typeof operators): CertificateSpec => ({
  name,
  ...operators[name],
  usages: ['clientAuth'],
  dnsNames: [],
  ipAddresses: [],
  ...keyKinds(inventory, 'by the cluster'),
  validityMs: validityOf(inventory),
});

const validityOf = ({ spec }: Inventory): number => parseDuration(spec.certificateValidityPeriod);
