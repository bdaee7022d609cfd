import type { Draft } from '../draft.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { givenKubelets } from './given-flags.js';
import type { Rule } from './rule.js';

type Kubelet = NonNullable<NonNullable<Draft['spec']>['kubelet']>;

/** Fields of KubeletConfiguration that podstrap's own work rests on. */
const ownedFields: Readonly<Record<string, string>> = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  staticPodPath: '/etc/kubernetes/manifests',
};

/** The kubelet is the only supervisor: what podstrap needs of it is not for others to change. */
export const kubeletRule: Rule = (draft) =>
  givenKubelets(draft).flatMap(({ path, config }) => fields(path, { config }));

const fields = (path: Path, { config }: Pick<Kubelet, 'config'>): readonly Finding[] =>
  Object.entries(ownedFields)
    .filter(([field, value]) => config?.[field] !== undefined && config[field] !== value)
    .map(([field, value]) => ({ path: [...path, 'config', field], expected: `${value}, or leave it out` }));
