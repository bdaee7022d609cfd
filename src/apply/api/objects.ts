import { ApiUnavailable, type Kube, objectName } from '../../cluster/kube.js';
import { taintsOf } from '../../desired/node/kubelet-config.js';
import type { Desired } from '../../desired/resource.js';
import { type Failure, isOfOneThing } from '../../failure.js';
import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { isBeingDeleted } from '../../kubernetes/conditions.js';
import { diffObject, withdraw } from '../../plan/diff/diff-object.js';
import { changedTaints } from '../../plan/diff/node-taints.js';
import { type Step, stepKey } from '../../plan/step.js';
import { type Crew, tellStep } from '../crew.js';
import { patiently } from '../patiently.js';
import { howItGoes } from './await-gone.js';
import { readyKube } from './ready-kube.js';

export interface Applied {
  /** The steps that were taken. */
  readonly steps: readonly Step[];
  /** Objects of addons that were made or changed. */
  readonly addons: readonly ApiObject[];
  /** What became of addons that the API server refused: the control plane is none the worse for it. */
  readonly failed: readonly Failure[];
}

/**
 * Brings the API's objects about, through the first API server of `hosts` that is ready. Called while the others still
 * start: objects need one API server, not all.
 * @param planned what is switched off is removed only where these steps say so
 */
export async function applyObjects(
  crew: Crew,
  { objects, systemObjects: addons, withdrawn }: Pick<Desired, 'objects' | 'systemObjects' | 'withdrawn'>,
  hosts: readonly string[],
  planned: readonly Step[] = [],
): Promise<Applied> {
  const { session } = crew;
  const candidates = controlPlanes(session.inventory).filter(({ name }) => hosts.includes(name));
  if (candidates.length === 0) return { steps: [], addons: [], failed: [] };
  const kube = await readyKube(crew, { doing: 'Applying the objects of the control plane', candidates });
  try {
    // Namespaces and roles are there from the API server's own start; ours do not depend on one another.
    const apply = (object: ApiObject) => patiently(crew, () => applyOne(crew, kube, object));
    const failed: Failure[] = [];
    const changed: ApiObject[] = [];
    const softly = (work: Promise<readonly Step[]>) =>
      work.catch((error: unknown): readonly Step[] => {
        if (!isOfOneThing(error)) throw error;
        failed.push(error);
        return [];
      });
    const applyAddon = async (object: ApiObject) => {
      const taken = await apply(object);
      if (taken.length > 0) changed.push(object);
      return taken;
    };
    const approved = new Set(planned.map(stepKey));
    const gone = planned.some(({ action }) => action.do === 'remove-object') ? withdrawn : [];
    const steps = await Promise.all([
      ...objects.map(apply),
      ...addons.map((object) => softly(applyAddon(object))),
      ...gone.map((object) => softly(patiently(crew, () => removeOne(crew, kube, object, approved)))),
    ]);
    return { steps: steps.flat(), addons: changed, failed };
  } finally {
    kube.close();
  }
}

async function applyOne(crew: Crew, kube: Kube, object: ApiObject): Promise<readonly Step[]> {
  const observed = await kube.get(object);
  if (observed && isBeingDeleted(observed)) throw stillThere(observed);
  const [step] = diffObject(object, observed);
  if (step === undefined) return [];
  if (object.kind === 'Node' && observed === undefined)
    await kube.create(unregistered(crew.session.inventory, object));
  // Before the annotation that remembers them: a run that is cut off in between forgets none.
  if (observed !== undefined) await taint(kube, object, observed);
  await kube.apply(object);
  tellStep(crew, step);
  return [step];
}

/** A change of what is being deleted goes with it, so nothing can be applied before it is gone. */
const stillThere = (object: ApiObject): Failure =>
  new ApiUnavailable({
    kind: 'gate',
    doing: `Applying ${objectName(object)}`,
    where: { phase: 'cluster' },
    said: 'it is being deleted and still there',
    next: `${howItGoes(object)} Then run \`podstrap up\` again.`,
  });

/** Gives a Node its taints, if nobody has changed it since it was looked at. */
async function taint(kube: Kube, object: ApiObject, observed: ApiObject): Promise<void> {
  const taints = changedTaints(object, observed);
  const { resourceVersion } = observed.metadata;
  if (taints !== undefined) await kube.patch(object, { metadata: { resourceVersion }, spec: { taints } });
}

async function removeOne(
  crew: Crew,
  kube: Kube,
  object: ApiObject,
  approved: ReadonlySet<string>,
): Promise<readonly Step[]> {
  const observed = await kube.get(object);
  const steps = withdraw(observed).filter((step) => approved.has(stepKey(step)));
  for (const step of steps) {
    await kube.remove(observed!);
    tellStep(crew, step);
  }
  return steps;
}

/**
 * A Node that its kubelet has not registered yet, with the taints that it would register with. The kubelet takes it over;
 * waiting for it instead would cost seconds, since its first try comes before the API server listens.
 */
function unregistered({ spec }: Inventory, object: ApiObject): ApiObject {
  const host = spec.hosts.find(({ name }) => name === object.metadata.name);
  return { ...object, spec: { ...(object['spec'] as object), taints: host ? taintsOf(host) : [] } };
}
