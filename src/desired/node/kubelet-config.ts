import { addressAt, firstNetwork } from '../../host/network.js';
import { paths } from '../../host/paths.js';
import { kindOf, takesPart } from '../../inventory/host-kinds.js';
import type { Host, Inventory } from '../../inventory/inventory.js';
import { authorityPlace } from '../../pki/certificate-places.js';
import type { HostInput } from '../host-input.js';
import { applyPatches } from '../patches/apply-patches.js';
import { mergePatch } from '../patches/merge-patch.js';
import type { HostTraits } from '../traits.js';
import { asksForCertificate, servedFiles } from './kubelet-serving.js';
import type { Taint } from './taints.js';

export type KubeletConfiguration = Readonly<Record<string, unknown>>;

/** Of kubelets with and without an API. */
const common = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  cgroupDriver: 'systemd',
  healthzBindAddress: '127.0.0.1',
  healthzPort: 10248,
  staticPodPath: paths.manifests,
};

/** @param webhook whether an API server is asked about tokens */
const authentication = (webhook: boolean) => ({
  anonymous: { enabled: false },
  webhook: { enabled: webhook },
  x509: { clientCAFile: authorityPlace('ca').certificate },
});

/** The same for every kubelet of the cluster: kubeadm's values, then the inventory's spec.kubelet.config. */
export function clusterKubeletConfig({ spec }: Inventory): KubeletConfiguration {
  const defaults = {
    ...common,
    authentication: authentication(true),
    authorization: { mode: 'Webhook' },
    clusterDNS: [addressAt(firstNetwork(spec.networking.serviceSubnet), 10)],
    clusterDomain: spec.networking.dnsDomain,
    rotateCertificates: true,
  };
  return mergePatch(defaults, spec.kubelet.config) as KubeletConfiguration;
}

/**
 * The same where there is no API: nobody is asked whom to let in, and nobody but the operator has a certificate of a client. It
 * listens where only SSH leads.
 */
function standaloneKubeletConfig({ spec }: Inventory): KubeletConfiguration {
  const defaults = {
    ...common,
    address: '127.0.0.1',
    authentication: authentication(false),
    authorization: { mode: 'AlwaysAllow' },
    // Pods get none of it unless they are let; machines outside of data centres have it.
    failSwapOn: false,
    readOnlyPort: 0,
  };
  return mergePatch(defaults, spec.kubelet.config) as KubeletConfiguration;
}

/**
 * The configuration of one kubelet: the cluster's, what this host needs, its own kubelet.config, then the user's
 * patches.
 * @throws Failure `inventory` when a patch does not fit
 */
export function kubeletConfig({
  inventory,
  host,
  traits,
}: Pick<HostInput, 'inventory' | 'host'> & {
  readonly traits: Pick<HostTraits, 'resolvConf'>;
}): KubeletConfiguration {
  const taints = taintsOf(host);
  const ofHost = {
    ...(asksForCertificate(inventory, host) ? {} : servedFiles),
    containerRuntimeEndpoint: 'unix:///var/run/containerd/containerd.sock',
    ...(traits.resolvConf === undefined ? {} : { resolvConf: traits.resolvConf }),
    ...(taints.length === 0 ? {} : { registerWithTaints: taints }),
  };
  const cluster = (takesPart(host, 'node') ? clusterKubeletConfig : standaloneKubeletConfig)(inventory);
  // What the user says for the whole cluster also stands against what podstrap derives for a host.
  const merged = mergePatch({ ...ofHost, ...cluster }, host.kubelet?.config ?? {});
  return applyPatches(merged, 'kubeletconfiguration', inventory.patches) as KubeletConfiguration;
}

/** Whether pods' cgroups are made by systemd, which the container runtime must then do as well. */
export const usesSystemdCgroups = (config: KubeletConfiguration): boolean =>
  config.cgroupDriver === 'systemd';

/** The taints that a node is to have, and registers with: the inventory's, or kubeadm's for a control plane that is no worker. */
export function taintsOf(host: Host): readonly Taint[] {
  if (host.taints === undefined) return kindOf(host).taints;
  return host.taints.map(({ key, value, effect }) =>
    value === '' ? { key, effect } : { key, value, effect },
  );
}
