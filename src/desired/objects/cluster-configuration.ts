import { type Additions, additionsOf } from '../../inventory/component-sections.js';
import type { Inventory } from '../../inventory/inventory.js';
import { rootAlgorithm } from '../../pki/certificate-spec.js';
import type { DesiredInput } from '../desired-input.js';

/** The inventory as kubeadm's ClusterConfiguration (v1beta4), as far as kubeadm has the fields. */
export function clusterConfiguration({
  inventory,
  settled,
}: DesiredInput): Readonly<Record<string, unknown>> {
  const { spec } = inventory;
  const { plugin: _plugin, ...networking } = spec.networking;
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    apiServer: {
      ...given(additionsOf(spec, 'kube-apiserver')),
      ...list('certSANs', spec.apiServer.certSANs),
    },
    caCertificateValidityPeriod: spec.caCertificateValidityPeriod,
    certificateValidityPeriod: spec.certificateValidityPeriod,
    certificatesDir: '/etc/kubernetes/pki',
    clusterName: spec.clusterName,
    controlPlaneEndpoint: settled.endpoint,
    controllerManager: given(additionsOf(spec, 'kube-controller-manager')),
    dns: {
      ...(spec.dns.disabled ? { disabled: true } : {}),
      imageRepository: spec.dns.imageRepository,
      imageTag: spec.dns.imageTag,
    },
    encryptionAlgorithm: rootAlgorithm(inventory),
    etcd: { local: etcd(spec) },
    imageRepository: spec.imageRepository,
    kubernetesVersion: spec.kubernetesVersion,
    networking,
    proxy: spec.kubeProxy.disabled ? { disabled: true } : {},
    scheduler: given(additionsOf(spec, 'kube-scheduler')),
  };
}

function etcd({ etcd: { local } }: Inventory['spec']) {
  // kubeadm has no extra volumes for etcd, and refuses fields that it does not know.
  const { extraVolumes: _, ...rest } = given(local);
  const { dataDir, imageRepository, imageTag, serverCertSANs, peerCertSANs } = local;
  return {
    ...rest,
    dataDir,
    imageRepository,
    imageTag,
    ...list('serverCertSANs', serverCertSANs),
    ...list('peerCertSANs', peerCertSANs),
  };
}

const given = ({ extraArgs, extraEnvs, extraVolumes }: Additions): Readonly<Record<string, unknown>> => ({
  ...list('extraArgs', extraArgs),
  ...list('extraEnvs', extraEnvs),
  ...list('extraVolumes', extraVolumes),
});

const list = (name: string, items: readonly unknown[]): Readonly<Record<string, unknown>> =>
  items.length === 0 ? {} : { [name]: items };
