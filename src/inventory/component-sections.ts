import { type ComponentName, components } from '../kubernetes/pod-names.js';
import type { Draft } from './draft.js';
import type { Spec } from './inventory.js';
import type { Path } from './path.js';

/** Where the inventory speaks of a component: what a user adds to it stands there. */
export const componentSections: Readonly<Record<ComponentName, Path>> = {
  etcd: ['spec', 'etcd', 'local'],
  'kube-apiserver': ['spec', 'apiServer'],
  'kube-controller-manager': ['spec', 'controllerManager'],
  'kube-scheduler': ['spec', 'scheduler'],
};

/** What a user can add to any component. */
export type Additions = Pick<Spec['scheduler'], 'extraArgs' | 'extraEnvs' | 'extraVolumes' | 'extraFiles'>;

/** The part of the inventory that is about a component. */
export const additionsOf = (spec: Spec, component: ComponentName): Additions =>
  valueAt({ spec }, componentSections[component]) as Additions;

type Drafted = NonNullable<NonNullable<Draft['spec']>['scheduler']>;

/** The same of an inventory that has not been checked yet, for each component; whatever is missing is undefined. */
export const draftedSections = (
  draft: Draft,
): readonly {
  readonly component: ComponentName;
  readonly path: Path;
  readonly section: Drafted | undefined;
}[] =>
  components.map((component) => {
    const path = componentSections[component];
    return { component, path, section: valueAt(draft, path) as Drafted | undefined };
  });

const valueAt = (whole: object, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    whole,
  );
