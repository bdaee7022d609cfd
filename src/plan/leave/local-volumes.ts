import type { ApiObject } from '../../kubernetes/api-object.js';

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}
interface Spec {
  readonly claimRef?: { readonly namespace?: string; readonly name?: string };
  readonly nodeAffinity?: {
    readonly required?: {
      readonly nodeSelectorTerms?: readonly {
        readonly matchExpressions?: readonly Requirement[];
        readonly matchFields?: readonly Requirement[];
      }[];
    };
  };
}

const hostnameLabel = 'kubernetes.io/hostname';

/**
 * Volumes that somebody has claimed and that can be reached from this node alone, as sentences. Pure.
 * @param volumes all PersistentVolumes
 */
export function localVolumes(volumes: readonly ApiObject[], node: ApiObject): readonly string[] {
  const { name, labels } = node.metadata;
  const hostname = (labels as Readonly<Record<string, string>> | undefined)?.[hostnameLabel] ?? name;
  const isThis = ({ key, operator, values = [] }: Requirement): boolean =>
    operator === 'In' &&
    values.length > 0 &&
    ((key === hostnameLabel && values.every((value) => value === hostname)) ||
      (key === 'metadata.name' && values.every((value) => value === name)));
  return volumes.flatMap(({ metadata, ...rest }) => {
    const { claimRef, nodeAffinity } = (rest['spec'] ?? {}) as Spec;
    const terms = nodeAffinity?.required?.nodeSelectorTerms ?? [];
    const onlyHere =
      terms.length > 0 &&
      terms.every(({ matchExpressions = [], matchFields = [] }) =>
        [...matchExpressions, ...matchFields].some(isThis),
      );
    return onlyHere && claimRef !== undefined
      ? [`${metadata.name} (claim ${claimRef.namespace}/${claimRef.name})`]
      : [];
  });
}
