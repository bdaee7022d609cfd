import { takesPart } from '../../inventory/host-kinds.js';
import { isControlPlane } from '../../inventory/inventory.js';
import { authorities, authorityNames, catalog, serviceAccountFiles } from '../../pki/catalog.js';
import {
  authorityPlace,
  certificatePlace,
  etcdPairPlace,
  serviceAccountPlace,
} from '../../pki/certificate-places.js';
import { certificatesOf } from '../../pki/certificate-spec.js';
import type { AuthorityName } from '../../pki/keys.js';
import { etcdPairs, etcdUserOf } from '../hardening/etcd-user.js';
import type { HostInput } from '../host-input.js';
import type { CertificateResource, FileResource, Resource } from '../resource.js';
import { certifiedKey } from './certified-key.js';
import { kubeconfigs } from './kubeconfigs.js';

/** What the kubelet serves with: it has a phase of its own. */
const serving = 'kubelet-server';

/**
 * Certificates, keys and kubeconfigs of a host. A worker has the cluster's authority and its kubelet's kubeconfig.
 * @throws Failure `keystore` when `keys` lacks a pair that the host needs
 */
export function certificates(input: HostInput): readonly Resource[] {
  const { inventory, host } = input;
  return [
    ...authorityNames
      .filter((name) => takesPart(host, authorities[name].on))
      .map((name) => authority(input, name)),
    ...certificatesOf(inventory, host)
      .filter((name) => name !== serving && catalog[name]!.leadsTo === undefined)
      .flatMap((name) => [pair(input, name, 'certificates'), ...copyForEtcd(input, name)]),
    ...(isControlPlane(host) ? serviceAccountKeys(input) : []),
    ...kubeconfigs(input),
  ];
}

/**
 * What the kubelet serves with. It lies where a kubelet without one puts a pair that it signs itself: so also a kubelet
 * that was never told of it takes it up, without a restart.
 * @throws Failure `keystore` when `keys` lacks the pair
 */
export const servingPair = (input: HostInput): CertificateResource => pair(input, serving, 'serving');

function authority({ keys, host }: HostInput, name: AuthorityName): CertificateResource {
  const { certificate, key } = keys.authorities[name];
  const place = authorityPlace(name);
  const signs = authorities[name].signs && isControlPlane(host) && key !== undefined;
  return {
    kind: 'certificate',
    phase: 'certificates',
    name,
    path: place.certificate,
    mode: 0o644,
    pem: certificate,
    ...(signs ? { key: { path: place.key, mode: 0o600, pem: key } } : {}),
    because: 'an authority that this host trusts',
  };
}

function pair(input: HostInput, name: string, phase: 'certificates' | 'serving'): CertificateResource {
  const { certificate, key } = certifiedKey(input, name);
  const place = certificatePlace(name);
  return {
    kind: 'certificate',
    phase,
    name,
    path: place.certificate,
    mode: 0o644,
    pem: certificate,
    key: { path: place.key, mode: 0o600, pem: key },
    because: catalog[name]!.because,
  };
}

/**
 * The same pair once more, where etcd can read it: it may not read what is root's, and whatever is below the folder of
 * certificates has to be. The folder of certificates keeps it for whoever looks there, and for the way back.
 */
function copyForEtcd(input: HostInput, name: string): readonly CertificateResource[] {
  const owner = etcdUserOf(input);
  if (owner === undefined || !etcdPairs.includes(name)) return [];
  const { key, ...made } = pair(input, name, 'certificates');
  const place = etcdPairPlace(name);
  return [
    {
      ...made,
      path: place.certificate,
      ...(key === undefined ? {} : { key: { ...key, path: place.key, owner } }),
    },
  ];
}

const serviceAccountKeys = ({ keys: { serviceAccount } }: HostInput): readonly FileResource[] =>
  (['privateKey', 'publicKey'] as const).map((name) => ({
    kind: 'file',
    phase: 'certificates',
    mode: 0o600,
    path: serviceAccountPlace(name),
    content: serviceAccount[name],
    because: serviceAccountFiles[name].because,
  }));
