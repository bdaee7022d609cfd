import { paths } from '../host/paths.js';
import type { AuthorityName } from '../pki/keys.js';
import { certifiedKey } from './certified-key.js';
import { type HostInput, isControlPlane } from './host-input.js';
import { kubeconfigs } from './kubeconfigs.js';
import type { CertificateResource, FileResource, Resource } from './resource.js';

/** Authorities on a control plane; only the cluster's own brings its key, because the controller manager signs with it. */
const authorities: Readonly<Record<AuthorityName, string>> = {
  ca: 'ca',
  'front-proxy-ca': 'front-proxy-ca',
  'etcd-ca': 'etcd/ca',
};

const leaves: Readonly<Record<string, string>> = {
  apiserver: 'apiserver',
  'apiserver-kubelet-client': 'apiserver-kubelet-client',
  'apiserver-etcd-client': 'apiserver-etcd-client',
  'front-proxy-client': 'front-proxy-client',
  'etcd-server': 'etcd/server',
  'etcd-peer': 'etcd/peer',
  'etcd-healthcheck-client': 'etcd/healthcheck-client',
};

/**
 * Certificates, keys and kubeconfigs of a host. A worker has the cluster's authority and its kubelet's kubeconfig.
 * @throws Failure `keystore` when `keys` lacks a pair that the host needs
 */
export function certificates(input: HostInput): readonly Resource[] {
  if (!isControlPlane(input.host)) return [authority(input, 'ca'), ...kubeconfigs(input)];
  return [
    ...(Object.keys(authorities) as AuthorityName[]).map((name) => authority(input, name)),
    ...Object.entries(leaves).map(([name, file]) => leaf(input, name, file)),
    ...serviceAccountKeys(input),
    ...kubeconfigs(input),
  ];
}

function authority({ keys, host }: HostInput, name: AuthorityName): CertificateResource {
  const { certificate, key } = keys.authorities[name];
  const file = `${paths.pki}/${authorities[name]}`;
  // The other two authorities sign nothing on a host, so their keys never leave the operator.
  const signs = name === 'ca' && isControlPlane(host) && key !== undefined;
  return {
    kind: 'certificate',
    phase: 'certificates',
    name,
    path: `${file}.crt`,
    mode: 0o644,
    pem: certificate,
    ...(signs ? { key: { path: `${file}.key`, mode: 0o600, pem: key } } : {}),
    because: 'an authority that this host trusts',
  };
}

function leaf(input: HostInput, name: string, file: string): CertificateResource {
  const { certificate, key } = certifiedKey(input, name);
  return {
    kind: 'certificate',
    phase: 'certificates',
    name,
    path: `${paths.pki}/${file}.crt`,
    mode: 0o644,
    pem: certificate,
    key: { path: `${paths.pki}/${file}.key`, mode: 0o600, pem: key },
    because: 'the control plane identifies itself with it',
  };
}

function serviceAccountKeys({ keys }: HostInput): readonly FileResource[] {
  const { publicKey, privateKey } = keys.serviceAccount;
  const file = { kind: 'file', phase: 'certificates', mode: 0o600 } as const;
  return [
    {
      ...file,
      path: `${paths.pki}/sa.key`,
      content: privateKey,
      because: 'service account tokens are signed with it',
    },
    {
      ...file,
      path: `${paths.pki}/sa.pub`,
      content: publicKey,
      because: 'service account tokens are checked with it',
    },
  ];
}
