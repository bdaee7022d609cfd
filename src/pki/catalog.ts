import type { HostPart } from '../inventory/host-kinds.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import type { AuthorityName } from './keys.js';
import type { Reading } from './reading.js';
import { apiServerNames, etcdNames, kubeletNames } from './x509/subject-names.js';

export type Usage = 'serverAuth' | 'clientAuth';

export interface CertificateRow {
  /** Where the host has it: below /etc/kubernetes unless it is absolute, `.crt` and `.key` left out; a kubeconfig holds both. */
  readonly file: string;
  readonly authority: AuthorityName;
  readonly commonName: (inventory: Inventory, host: Host) => string;
  readonly organizations?: (inventory: Inventory) => readonly string[];
  readonly usages: readonly Usage[];
  /** Names and addresses together. */
  readonly names?: (inventory: Inventory, host: Host) => readonly string[];
  /** The hosts that have it. */
  readonly on: HostPart;
  /** Who sees the certificate. */
  readonly met: 'by anybody' | 'by the cluster';
  /** Of a kubeconfig: which API server it leads to, the cluster's endpoint or the one that is nearest to the host. */
  readonly leadsTo?: 'endpoint' | 'nearest';
  readonly because: string;
  /** Who reads the files. */
  readonly readBy: readonly Reading[];
  /** Where only some clusters need it. */
  readonly when?: (inventory: Inventory) => boolean;
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

const ofControlPlane = 'the control plane identifies itself with it';
const handshake = 'read again for every TLS handshake';
const watched = 'the file is watched';
const credentials = 'credentials in a kubeconfig are read at the start';

/**
 * The table of leaf certificates, in the order in which a host gets them: kubeadm's set with its subjects, the clients
 * inside kubeconfigs, and what kubelets serve with, whose subject is that of the signer kubernetes.io/kubelet-serving.
 */
export const catalog: Readonly<Record<string, CertificateRow>> = {
  apiserver: {
    file: 'pki/apiserver',
    authority: 'ca',
    commonName: fixed('kube-apiserver'),
    usages: ['serverAuth'],
    names: apiServerNames,
    on: 'control-plane',
    met: 'by anybody',
    because: ofControlPlane,
    readBy: [{ by: 'kube-apiserver', effect: 'reload', reason: watched }],
  },
  'apiserver-kubelet-client': {
    file: 'pki/apiserver-kubelet-client',
    authority: 'ca',
    commonName: fixed('kube-apiserver-kubelet-client'),
    organizations: kubeletClientOrganizations,
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
    because: ofControlPlane,
    readBy: [{ by: 'kube-apiserver', effect: 'reload', reason: 'its transport checks for a new one' }],
  },
  'apiserver-etcd-client': {
    file: 'pki/apiserver-etcd-client',
    authority: 'etcd-ca',
    commonName: fixed('kube-apiserver-etcd-client'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
    because: ofControlPlane,
    readBy: [{ by: 'kube-apiserver', effect: 'reload', reason: 'read again for every connection to etcd' }],
  },
  'front-proxy-client': {
    file: 'pki/front-proxy-client',
    authority: 'front-proxy-ca',
    commonName: fixed('front-proxy-client'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
    because: ofControlPlane,
    readBy: [{ by: 'kube-apiserver', effect: 'reload', reason: watched }],
  },
  'etcd-server': {
    file: 'pki/etcd/server',
    authority: 'etcd-ca',
    commonName: nodeName,
    usages: both,
    names: ({ spec }, host) => etcdNames(host, spec.etcd.local.serverCertSANs),
    on: 'control-plane',
    met: 'by anybody',
    because: ofControlPlane,
    readBy: [{ by: 'etcd', effect: 'reload', reason: handshake }],
  },
  'etcd-peer': {
    file: 'pki/etcd/peer',
    authority: 'etcd-ca',
    commonName: nodeName,
    usages: both,
    names: ({ spec }, host) => etcdNames(host, spec.etcd.local.peerCertSANs),
    on: 'control-plane',
    met: 'by anybody',
    because: ofControlPlane,
    readBy: [{ by: 'etcd', effect: 'reload', reason: handshake }],
  },
  'etcd-healthcheck-client': {
    file: 'pki/etcd/healthcheck-client',
    authority: 'etcd-ca',
    commonName: fixed('kube-etcd-healthcheck-client'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
    because: ofControlPlane,
    readBy: [],
  },
  admin: {
    file: 'admin.conf',
    authority: 'ca',
    commonName: fixed('kubernetes-admin'),
    organizations: () => ['kubeadm:cluster-admins'],
    usages: client,
    on: 'control-plane',
    met: 'by anybody',
    leadsTo: 'endpoint',
    because: 'for administrators on this host',
    readBy: [],
  },
  'controller-manager': {
    file: 'controller-manager.conf',
    authority: 'ca',
    commonName: fixed('system:kube-controller-manager'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
    leadsTo: 'nearest',
    because: 'the identity of the controller manager',
    readBy: [{ by: 'kube-controller-manager', effect: 'restart', reason: credentials }],
  },
  scheduler: {
    file: 'scheduler.conf',
    authority: 'ca',
    commonName: fixed('system:kube-scheduler'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
    leadsTo: 'nearest',
    because: 'the identity of the scheduler',
    readBy: [{ by: 'kube-scheduler', effect: 'restart', reason: credentials }],
  },
  kubelet: {
    file: 'kubelet.conf',
    authority: 'ca',
    commonName: (_inventory, host) => `system:node:${host.name}`,
    organizations: () => ['system:nodes'],
    usages: client,
    on: 'node',
    met: 'by the cluster',
    leadsTo: 'nearest',
    because: 'the identity of the node',
    readBy: [{ by: 'kubelet', effect: 'restart', reason: credentials }],
  },
  'kube-vip': {
    file: 'kube-vip.conf',
    authority: 'ca',
    commonName: fixed('kube-vip'),
    usages: client,
    on: 'control-plane',
    met: 'by the cluster',
    when: ({ spec }) => spec.virtualAddress !== undefined,
    leadsTo: 'nearest',
    because: 'the identity of the pod that holds the virtual address',
    readBy: [{ by: 'kube-vip', effect: 'restart', reason: credentials }],
  },
  'kubelet-server': {
    // Where a kubelet without one puts a pair that it signs itself.
    file: '/var/lib/kubelet/pki/kubelet',
    authority: 'ca',
    commonName: (_inventory, host) => `system:node:${host.name}`,
    organizations: () => ['system:nodes'],
    usages: ['serverAuth'],
    names: kubeletNames,
    on: 'kubelet',
    met: 'by the cluster',
    because: 'the kubelet identifies itself with it to API servers and whoever reads metrics',
    readBy: [{ by: 'kubelet', effect: 'reload', reason: watched }],
  },
};

interface AuthorityRow {
  /** As in the table of leaf certificates; so it is called in the keystore, too. */
  readonly file: string;
  readonly commonName: string;
  readonly on: CertificateRow['on'];
  /** Whether it signs on a control plane, and so brings its key there; the keys of the others never leave the operator. */
  readonly signs: boolean;
  readonly readBy: readonly Reading[];
  readonly keyReadBy: readonly Reading[];
}

/** The table of authorities, in the order in which a host gets them. */
export const authorities: Readonly<Record<AuthorityName, AuthorityRow>> = {
  ca: {
    file: 'pki/ca',
    commonName: 'kubernetes',
    on: 'kubelet',
    signs: true,
    readBy: [
      { by: 'kube-apiserver', effect: 'reload', reason: watched },
      {
        by: 'kube-controller-manager',
        effect: 'restart',
        reason: 'the bundle published to pods is read at the start',
      },
      { by: 'kubelet', effect: 'reload', reason: watched },
      { by: 'haproxy', effect: 'reload', reason: 'its pod checks for a new one' },
    ],
    keyReadBy: [{ by: 'kube-controller-manager', effect: 'reload', reason: 'the signing pair is watched' }],
  },
  'front-proxy-ca': {
    file: 'pki/front-proxy-ca',
    commonName: 'front-proxy-ca',
    on: 'control-plane',
    signs: false,
    readBy: [
      { by: 'kube-apiserver', effect: 'reload', reason: watched },
      { by: 'kube-controller-manager', effect: 'reload', reason: watched },
    ],
    keyReadBy: [],
  },
  'etcd-ca': {
    file: 'pki/etcd/ca',
    commonName: 'etcd-ca',
    on: 'control-plane',
    signs: false,
    readBy: [
      { by: 'etcd', effect: 'restart', reason: 'the pool of trusted authorities is built at the start' },
      { by: 'kube-apiserver', effect: 'restart', reason: 'the trust in etcd is set up at the start' },
    ],
    keyReadBy: [],
  },
};

export const authorityNames = Object.keys(authorities) as readonly AuthorityName[];

/** The pair that service account tokens are signed and checked with, on every control plane. */
export const serviceAccountFiles: Readonly<
  Record<'privateKey' | 'publicKey', Pick<CertificateRow, 'because' | 'readBy'> & { readonly file: string }>
> = {
  privateKey: {
    file: 'pki/sa.key',
    because: 'service account tokens are signed with it',
    readBy: [
      { by: 'kube-apiserver', effect: 'restart', reason: 'token keys are read at the start' },
      {
        by: 'kube-controller-manager',
        effect: 'restart',
        reason: 'the key that signs tokens is read at the start',
      },
    ],
  },
  publicKey: {
    file: 'pki/sa.pub',
    because: 'service account tokens are checked with it',
    readBy: [{ by: 'kube-apiserver', effect: 'restart', reason: 'token keys are read at the start' }],
  },
};

/** podstrap's own clients; they never leave the operator's machine. */
export const operators: Readonly<
  Record<
    'super-admin' | 'etcd',
    {
      readonly commonName: string;
      readonly organizations: readonly string[];
      readonly authority: AuthorityName;
    }
  >
> = {
  'super-admin': { authority: 'ca', commonName: 'kubernetes-super-admin', organizations: ['system:masters'] },
  etcd: { authority: 'etcd-ca', commonName: 'podstrap-operator', organizations: [] },
};

/** The row of the certificate `name`. @throws Error for a name that is not in the catalog */
export function rowOf(name: string): CertificateRow {
  const row = catalog[name];
  if (row === undefined) throw new Error(`no certificate ${name} in the catalog`);
  return row;
}
