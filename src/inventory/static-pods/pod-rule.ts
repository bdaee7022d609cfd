import type { Path } from '../path.js';

/** What is wrong with a Pod, and where in it. */
export interface PodComplaint {
  readonly path: Path;
  readonly found: string;
  readonly expected: string;
  readonly hint?: string | undefined;
  readonly severity?: 'warning';
}

export type Fields = Readonly<Record<string, unknown>>;

/** What a Pod is judged by beside itself. */
export interface PodCircumstances {
  /** Of the kubelet. */
  readonly minor: number;
  /** Of the entry, and so of the pod. */
  readonly name: string;
  /** Names of the hosts that it is for. */
  readonly hosts: readonly string[];
  /** Paths of its files in its containers, and the containers that see them. */
  readonly files: readonly { readonly path: string; readonly containers?: readonly string[] }[];
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
export const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.map(fieldsOf) : [];
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export interface PlacedContainer {
  readonly container: Fields;
  readonly path: Path;
  readonly init: boolean;
}

/** The containers of a pod, those that come first before the others. */
export const containersOf = (pod: Fields): readonly PlacedContainer[] => {
  const spec = fieldsOf(pod['spec']);
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    listOf(spec[list]).map((container, index) => ({
      container,
      path: ['spec', list, index],
      init: list === 'initContainers',
    })),
  );
};

/** One thing that must be so. Pure. */
export type Rule = (pod: Fields, circumstances: PodCircumstances) => readonly PodComplaint[];
