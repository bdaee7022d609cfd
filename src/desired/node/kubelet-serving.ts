import type { Host, Inventory } from '../../inventory/inventory.js';
import { certificatePlace } from '../../pki/certificate-places.js';

const place = certificatePlace('kubelet-server');

/** Fields of KubeletConfiguration that make the kubelet serve with the pair from the keystore. */
export const servedFiles = {
  tlsCertFile: place.certificate,
  tlsPrivateKeyFile: place.key,
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
