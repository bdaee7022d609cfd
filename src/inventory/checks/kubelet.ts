import { type Draft, hostsOf } from '../draft.js';
import type { Finding } from '../finding.js';
import type { Path } from '../path.js';
import type { Check } from './check.js';

type Kubelet = NonNullable<NonNullable<Draft['spec']>['kubelet']>;

/** Fields of KubeletConfiguration that podstrap's own work rests on. */
const ownedFields: Readonly<Record<string, string>> = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  staticPodPath: '/etc/kubernetes/manifests',
};

/** Flags by which the kubelet would read other files than the ones that podstrap writes. */
const ownedFlags: Readonly<Record<string, string>> = {
  config: 'kubelet.config',
  'config-dir': 'kubelet.config',
  'pod-manifest-path': 'nothing: it is always /etc/kubernetes/manifests',
  kubeconfig: 'nothing: podstrap makes it',
  'bootstrap-kubeconfig': 'nothing: podstrap makes the kubelet’s certificates',
  'hostname-override': 'the name of the host',
};

/** The kubelet is the only supervisor: what podstrap needs of it is not for others to change. */
export const checkKubelet: Check = (draft) =>
  [
    { path: ['spec', 'kubelet'], kubelet: draft.spec?.kubelet },
    ...hostsOf(draft).map(({ host, index }) => ({
      path: ['spec', 'hosts', index, 'kubelet'],
      kubelet: host.kubelet,
    })),
  ].flatMap(({ path, kubelet }) => (kubelet ? [...fields(path, kubelet), ...flags(path, kubelet)] : []));

const fields = (path: Path, { config }: Pick<Kubelet, 'config'>): readonly Finding[] =>
  Object.entries(ownedFields)
    .filter(([field, value]) => config?.[field] !== undefined && config[field] !== value)
    .map(([field, value]) => ({ path: [...path, 'config', field], expected: `${value}, or no such field` }));

const flags = (path: Path, { extraArgs = [] }: Pick<Kubelet, 'extraArgs'>): readonly Finding[] =>
  extraArgs.flatMap((flag, index) => {
    const instead = ownedFlags[flag?.name ?? ''];
    if (instead === undefined) return [];
    const found = `podstrap sets the flag ${flag!.name} itself`;
    return [{ path: [...path, 'extraArgs', index, 'name'], found, expected: instead }];
  });
