import type { ApiObject } from '../../kubernetes/api-object.js';
import { canonicalYaml } from '../canonical-yaml.js';
import type { DesiredInput } from '../desired-input.js';
import { clusterKubeletConfig } from '../node/kubelet-config.js';
import { clusterConfiguration } from './cluster-configuration.js';
import { configMap } from './config-map.js';
import { publicPart } from './public-part.js';

/** The ConfigMaps in which kubeadm, and tools that know it, look for how the cluster was made. */
export function configMaps(input: DesiredInput): readonly ApiObject[] {
  return [
    configMap('kube-system', 'kubeadm-config', {
      ClusterConfiguration: canonicalYaml(publicPart(clusterConfiguration(input))),
    }),
    configMap('kube-system', 'kubelet-config', {
      kubelet: canonicalYaml(publicPart(clusterKubeletConfig(input.inventory))),
    }),
    configMap('kube-public', 'cluster-info', { kubeconfig: canonicalYaml(clusterInfo(input)) }),
  ];
}

/** What a stranger may know: where the API is and whom to trust. */
const clusterInfo = ({ keys, settled }: DesiredInput) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: '',
      cluster: {
        'certificate-authority-data': Buffer.from(keys.authorities.ca.certificate).toString('base64'),
        server: `https://${settled.endpoint}`,
      },
    },
  ],
  contexts: null,
  'current-context': '',
  preferences: {},
  users: null,
});
