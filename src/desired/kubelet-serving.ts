import { paths } from '../host/paths.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import { certifiedKey } from './certified-key.js';
import type { HostInput } from './host-input.js';
import type { CertificateResource } from './resource.js';

/** Fields of KubeletConfiguration that make the kubelet serve with the pair from the keystore. */
export const servedFiles = {
  tlsCertFile: `${paths.kubeletServing}.crt`,
  tlsPrivateKeyFile: `${paths.kubeletServing}.key`,
};

/** True when the user lets the kubelet ask the API for its serving certificate; somebody then has to approve it. */
export const asksForCertificate = ({ spec }: Inventory, host: Host): boolean =>
  (host.kubelet?.config.serverTLSBootstrap ?? spec.kubelet.config.serverTLSBootstrap) === true;

/** Flags and fields by which a kubelet would serve with something else. */
const otherFlags = ['cert-dir', 'tls-cert-file', 'tls-private-key-file', 'rotate-server-certificates'];
const otherFields = ['serverTLSBootstrap', 'tlsCertFile', 'tlsPrivateKeyFile'];

/**
 * True when every kubelet of the inventory serves with its pair from the keystore, so that API servers can check it.
 * Where the user has said anything else about it for one of them, whether to check is for the user to say, too.
 */
export const everyKubeletServesOurs = ({ spec, patches }: Inventory): boolean => {
  const ways = [spec.kubelet, ...spec.hosts.flatMap(({ kubelet }) => kubelet ?? [])];
  const patched = patches.filter(({ target }) => target === 'kubeletconfiguration');
  const words = JSON.stringify(patched.map(({ content }) => content));
  return (
    ways.every(
      ({ config, extraArgs }) =>
        otherFields.every((field) => config[field] === undefined || config[field] === false) &&
        extraArgs.every(({ name }) => !otherFlags.includes(name)),
    ) && otherFields.every((field) => !words.includes(field))
  );
};

/**
 * What the kubelet serves with. It lies where a kubelet without one puts a pair that it signs itself: so also a kubelet
 * that was never told of it takes it up, without a restart.
 * @throws Failure `keystore` when `keys` lacks the pair
 */
export function servingPair(input: HostInput): CertificateResource {
  const { certificate, key } = certifiedKey(input, 'kubelet-server');
  return {
    kind: 'certificate',
    phase: 'serving',
    name: 'kubelet-server',
    path: `${paths.kubeletServing}.crt`,
    mode: 0o644,
    pem: certificate,
    key: { path: `${paths.kubeletServing}.key`, mode: 0o600, pem: key },
    because: 'the kubelet identifies itself with it to API servers and whoever reads metrics',
  };
}
