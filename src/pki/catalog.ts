import { parseDuration } from '../inventory/duration.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import type { AuthorityName } from './keys.js';
import { apiServerNames, etcdNames, kubeletNames, subjectNames } from './subject-names.js';

export type Usage = 'serverAuth' | 'clientAuth';
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

interface Row {
  /** Where the host has it: below /etc/kubernetes unless it is absolute, `.crt` and `.key` left out; a kubeconfig holds both. */
  readonly file: string;
  readonly authority: AuthorityName;
  readonly commonName: (inventory: Inventory, host: Host) => string;
  readonly organizations?: (inventory: Inventory) => readonly string[];
  readonly usages: readonly Usage[];
  /** Names and addresses together. */
  readonly names?: (inventory: Inventory, host: Host) => readonly string[];
  readonly on: 'control-plane' | 'every host';
  /** Who sees the certificate. */
  readonly met: 'by anybody' | 'by the cluster';
  /** Where only some clusters need it. */
  readonly when?: (inventory: Inventory) => boolean;
}

/** kubeadm's kind of keys, where the inventory does not say another. */
export const rootAlgorithm = ({ spec }: Inventory): Algorithm => spec.encryptionAlgorithm ?? 'RSA-2048';

type KeyKinds = Pick<CertificateSpec, 'algorithm' | 'accepted'>;

/**
 * The kind that the inventory asks for. Where it asks for none, who serves, and people, get kubeadm's; what only the
 * cluster's own servers ever meet gets what kubelets make for themselves: a curve as strong as RSA-3072, whose keys take
 * a thousandth of the time, and each handshake a tenth. Nobody whose RSA key is there gets another one for it.
 */
function keyKinds(inventory: Inventory, met: Row['met']): KeyKinds {
  const algorithm = rootAlgorithm(inventory);
  return met === 'by anybody' || inventory.spec.encryptionAlgorithm !== undefined
    ? { algorithm, accepted: [algorithm] }
    : { algorithm: 'ECDSA-P256', accepted: ['ECDSA-P256', algorithm] };
}

const fixed = (name: string) => () => name;
const both: readonly Usage[] = ['serverAuth', 'clientAuth'];
const client: readonly Usage[] = ['clientAuth'];
const nodeName = (_inventory: Inventory, host: Host): string => host.name;

/** First patch release, by minor, in which kubeadm authorises this client by its user name and not by a group. */
const boundByUser: Readonly<Record<number, number>> = { 33: 12, 34: 8, 35: 5, 36: 1 };

function kubeletClientOrganizations({ spec }: Inventory): readonly string[] {
  // parseInt: the patch of a pre-release is followed by its suffix.
  const [, minor = 0, patch = 0] = spec.kubernetesVersion.split('.').map((part) => Number.parseInt(part, 10));
  return patch >= (boundByUser[minor] ?? 0) ? [] : ['kubeadm:cluster-admins'];
}

/**
 * The table of leaf certificates: kubeadm's set with its subjects, the clients inside kubeconfigs, and what kubelets serve
 * with, whose subject is that of the signer kubernetes.io/kubelet-serving.
 */
export const catalog: Readonly<Record<string, Row>> = {
  apiserver: {
    file: 'pki/apiserver',
    authority: 'ca',
    commonName: fixed('kube-apiserver'),
    usages: ['serverAuth'],
    names: apiServerNames,
    on: 'control-plane',
    met: 'by anybody',
  },
  'apiserver-kubelet-client': {
    file: 'pki/apiserver-kubelet-client',
    authority: 'ca',
    commonName: fixed('kube-apiserver-kubelet-client'),
    organizations: kubeletClientOrganizations,
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
  },
  'front-proxy-client': {
    file: 'pki/front-proxy-client',
    authority: 'front-proxy-ca',
    commonName: fixed('front-proxy-client'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
  },
  'etcd-server': {
    file: 'pki/etcd/server',
    authority: 'etcd-ca',
    commonName: nodeName,
    usages: both,
    names: ({ spec }, host) => etcdNames(host, spec.etcd.local.serverCertSANs),
    on: 'control-plane',
    met: 'by anybody',
  },
  'etcd-peer': {
    file: 'pki/etcd/peer',
    authority: 'etcd-ca',
    commonName: nodeName,
    usages: both,
    names: ({ spec }, host) => etcdNames(host, spec.etcd.local.peerCertSANs),
    on: 'control-plane',
    met: 'by anybody',
  },
  'etcd-healthcheck-client': {
    file: 'pki/etcd/healthcheck-client',
    authority: 'etcd-ca',
    commonName: fixed('kube-etcd-healthcheck-client'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
  },
  'apiserver-etcd-client': {
    file: 'pki/apiserver-etcd-client',
    authority: 'etcd-ca',
    commonName: fixed('kube-apiserver-etcd-client'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
  },
  admin: {
    file: 'admin.conf',
    authority: 'ca',
    commonName: fixed('kubernetes-admin'),
    organizations: () => ['kubeadm:cluster-admins'],
    usages: client,
    on: 'control-plane',
    met: 'by anybody',
  },
  'controller-manager': {
    file: 'controller-manager.conf',
    authority: 'ca',
    commonName: fixed('system:kube-controller-manager'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
  },
  scheduler: {
    file: 'scheduler.conf',
    authority: 'ca',
    commonName: fixed('system:kube-scheduler'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
  },
  'kube-vip': {
    file: 'kube-vip.conf',
    authority: 'ca',
    commonName: fixed('kube-vip'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
    when: ({ spec }) => spec.virtualAddress !== undefined,
  },
  kubelet: {
    file: 'kubelet.conf',
    authority: 'ca',
    commonName: (_inventory, host) => `system:node:${host.name}`,
    organizations: () => ['system:nodes'],
    usages: client,
    on: 'every host',
    met: 'by the cluster',
  },
  'kubelet-server': {
    file: '/var/lib/kubelet/pki/kubelet',
    authority: 'ca',
    commonName: (_inventory, host) => `system:node:${host.name}`,
    organizations: () => ['system:nodes'],
    usages: ['serverAuth'],
    names: kubeletNames,
    on: 'every host',
    met: 'by the cluster',
  },
};

/** podstrap's own clients; they never leave the operator's machine. */
const operators: Readonly<
  Record<'super-admin' | 'etcd', Pick<CertificateSpec, 'commonName' | 'organizations' | 'authority'>>
> = {
  'super-admin': { authority: 'ca', commonName: 'kubernetes-super-admin', organizations: ['system:masters'] },
  etcd: { authority: 'etcd-ca', commonName: 'podstrap-operator', organizations: [] },
};

/** Common names of the authorities that podstrap makes. */
export const authorityNames: Readonly<Record<AuthorityName, string>> = {
  ca: 'kubernetes',
  'front-proxy-ca': 'front-proxy-ca',
  'etcd-ca': 'etcd-ca',
};

/** Names of the leaf certificates that a host has. */
export const certificatesOf = (inventory: Inventory, host: Host): readonly string[] =>
  Object.entries(catalog)
    .filter(([, row]) => row.on === 'every host' || host.roles.includes('control-plane'))
    .filter(([, row]) => row.when?.(inventory) ?? true)
    .map(([name]) => name);

/** What the certificate `name` of `host` must say. Pure. @throws Error for a name that is not in the catalog */
export function certificateSpec(inventory: Inventory, host: Host, name: string): CertificateSpec {
  const row = catalog[name];
  if (row === undefined) throw new Error(`no certificate ${name} in the catalog`);
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
  usages: client,
  dnsNames: [],
  ipAddresses: [],
  ...keyKinds(inventory, 'by the cluster'),
  validityMs: validityOf(inventory),
});

const validityOf = ({ spec }: Inventory): number => parseDuration(spec.certificateValidityPeriod);
