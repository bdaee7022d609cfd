import { type Kube, objectName } from '../../cluster/kube.js';
import { Failure, isOfOneThing } from '../../failure.js';
import { groupOf, isBuiltInGroup } from '../../kubernetes/api-kinds.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { pruneAddon } from '../../plan/diff/diff-addon.js';
import type { Step } from '../../plan/step.js';
import { type Crew, tellStep } from '../crew.js';
import { patiently } from '../patiently.js';
import { awaitGone } from './await-gone.js';

export interface Removed {
  readonly steps: readonly Step[];
  /** Objects that are still there. */
  readonly left: readonly ApiObject[];
  readonly failed: readonly Failure[];
}

/** How long the programs of an addon get to let go of its objects, before they are removed themselves. */
const letGoMs = 30_000;

/**
 * Removes objects in the reverse order of their application: those of an addon's own kinds first, while its programs can
 * still clean up after them; namespaces and definitions last.
 */
export async function removeAddons(crew: Crew, kube: Kube, objects: readonly ApiObject[]): Promise<Removed> {
  const steps: Step[] = [];
  const left: ApiObject[] = [];
  const failed: Failure[] = [];
  for (const wave of [0, 1, 2]) {
    const own = objects.filter((object) => rank(object) === wave);
    await Promise.all(
      own.map(async (object) => {
        try {
          await patiently(crew, () => kube.remove(object));
          const taken = pruneAddon(object);
          steps.push(...taken);
          for (const step of taken) tellStep(crew, step);
        } catch (error) {
          if (!isOfOneThing(error)) throw error;
          left.push(object);
          failed.push(notRemoved(object, error));
        }
      }),
    );
    if (wave === 0 && own.length > 0) await awaitGone(crew, kube, own, letGoMs);
  }
  return { steps, left, failed };
}

/** Kinds that come before all others, and go after them, since others need them. */
export const isGround = ({ kind }: ApiObject): boolean =>
  kind === 'Namespace' || kind === 'CustomResourceDefinition';

const rank = (object: ApiObject): number => {
  if (isGround(object)) return 2;
  return isBuiltInGroup(groupOf(object)) ? 1 : 0;
};

const notRemoved = (object: ApiObject, { said }: Failure): Failure =>
  new Failure({
    kind: 'gate',
    doing: `Removing ${objectName(object)}, which left spec.addons`,
    where: { phase: 'addons' },
    ...(said === undefined ? {} : { said }),
    next: 'The control plane is done. Run `podstrap up` again.',
  });
