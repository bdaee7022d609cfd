import { manifestPath } from '../../host/paths.js';
import { type PodName, podNames } from '../../kubernetes/pod-names.js';
import { inputs } from './inputs.js';
import { ownPods } from './own-pods.js';

/** A static pod that an inventory may do without: what podstrap put there for it goes when it is switched off. */
export interface OptionalPod {
  readonly name: string;
  readonly manifest: string;
  /** Files that only this pod reads. */
  readonly files: readonly string[];
  readonly goes: string;
}

/** The files that only this pod reads. */
const filesOf = (name: PodName): readonly string[] =>
  inputs
    .filter(({ by, path }) => by === name && !inputs.some((one) => one.path === path && one.by !== name))
    .map(({ path }) => path);

export const optionalPods: readonly OptionalPod[] = podNames.flatMap((name) => {
  const { goes } = ownPods[name];
  return goes === undefined ? [] : [{ name, manifest: manifestPath(name), files: filesOf(name), goes }];
});
