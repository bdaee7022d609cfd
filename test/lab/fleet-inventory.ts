import { dump } from 'js-yaml';
import { kubeletOnTheseHosts, type LabInventory } from './inventory.js';

/** A fleet of lab hosts, as the text of its inventory file. */
export const fleetInventory = ({
  hosts,
  identityFile,
  kubernetesVersion,
  artifacts,
  ssh,
  spec = {},
}: LabInventory): string =>
  dump({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'lab' },
    spec: {
      kubernetesVersion,
      ssh: {
        user: 'root',
        identityFile,
        identitiesOnly: true,
        configFile: 'none',
        connectTimeout: '5s',
        ...ssh,
      },
      hosts: hosts.map(({ ip, ipv6: _, ...host }) => ({ address: ip, ...host })),
      containerd: {
        config: { plugins: { 'io.containerd.cri.v1.runtime': { restrict_oom_score_adj: true } } },
        unit: { Service: { OOMScoreAdjust: '' } },
      },
      ...(artifacts === undefined ? {} : { artifacts }),
      ...spec,
      kubelet: {
        unit: { Service: { OOMScoreAdjust: '' } },
        ...(spec['kubelet'] as object | undefined),
        config: {
          ...kubeletOnTheseHosts,
          ...(spec['kubelet'] as { readonly config?: object } | undefined)?.config,
        },
      },
    },
  });
