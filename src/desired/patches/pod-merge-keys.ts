import type { MergeKeys } from './strategic-merge.js';

const container: Readonly<Record<string, string>> = {
  env: 'name',
  ports: 'containerPort',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
};

const containersOf = (list: string): MergeKeys => ({
  [`spec.${list}`]: 'name',
  ...Object.fromEntries(Object.entries(container).map(([field, key]) => [`spec.${list}.${field}`, key])),
});

/** The lists of a Pod that merge by element, as its API declares them. */
export const podMergeKeys: MergeKeys = {
  ...containersOf('containers'),
  ...containersOf('initContainers'),
  ...containersOf('ephemeralContainers'),
  'metadata.ownerReferences': 'uid',
  'spec.hostAliases': 'ip',
  'spec.imagePullSecrets': 'name',
  'spec.resourceClaims': 'name',
  'spec.schedulingGates': 'name',
  'spec.topologySpreadConstraints': 'topologyKey',
  'spec.volumes': 'name',
};
