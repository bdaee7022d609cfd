import { ApiUnavailable, type Kube } from '../cluster/kube.js';
import { taintsOf } from '../desired/kubelet-config.js';
import type { ApiObject, Desired } from '../desired/resource.js';
import { Failure } from '../failure.js';
import { parseDuration } from '../inventory/duration.js';
import { controlPlanes, type Inventory } from '../inventory/inventory.js';
import { diffObject } from '../plan/diff-object.js';
import { describeStep, type Step } from '../plan/step.js';
import { missing, poll, well } from '../verify/poll.js';
import type { Crew } from './crew.js';
import { readyKube } from './ready-kube.js';

export interface Applied {
  /** The steps that were taken. */
  readonly steps: readonly Step[];
  /** What became of addons that the API server refused: the control plane is none the worse for it. */
  readonly failed: readonly Failure[];
}

/**
 * Brings the API's objects about, through the first API server of `hosts` that is ready. Called while the others still
 * start: objects need one API server, not all.
 */
export async function applyObjects(
  crew: Crew,
  { objects, addons }: Pick<Desired, 'objects' | 'addons'>,
  hosts: readonly string[],
): Promise<Applied> {
  const { session } = crew;
  const candidates = controlPlanes(session.inventory).filter(({ name }) => hosts.includes(name));
  if (candidates.length === 0) return { steps: [], failed: [] };
  const kube = await readyKube(crew, { doing: 'Applying the objects of the control plane', candidates });
  try {
    // Namespaces and roles are there from the API server's own start; ours do not depend on one another.
    const apply = (object: ApiObject) => patiently(crew, () => applyOne(crew, kube, object));
    const failed: Failure[] = [];
    const applyAddon = (object: ApiObject) =>
      apply(object).catch((error: unknown): readonly Step[] => {
        if (!(error instanceof Failure) || error.kind === 'interrupted') throw error;
        failed.push(error);
        return [];
      });
    const steps = await Promise.all([...objects.map(apply), ...addons.map(applyAddon)]);
    return { steps: steps.flat(), failed };
  } finally {
    kube.close();
  }
}

/**
 * Does `work`, which may be done again, until the API server has had time for it: one that has just become ready, on a
 * busy machine, does not answer everything at once.
 */
async function patiently<T>({ session }: Crew, work: () => Promise<T>): Promise<T> {
  let last: T | undefined;
  let failed: unknown;
  const attempt = async () => {
    failed = undefined;
    last = await work().catch((error: unknown) => {
      failed = error;
      return undefined;
    });
    return failed instanceof ApiUnavailable ? missing(failed.message) : well;
  };
  await poll(attempt, {
    timeoutMs: parseDuration(session.inventory.spec.timeouts.kubernetesAPICall),
    onWaiting: () => undefined,
    signal: session.abort,
  });
  if (failed !== undefined) throw failed;
  return last as T;
}

async function applyOne({ session }: Crew, kube: Kube, object: ApiObject): Promise<readonly Step[]> {
  const observed = await kube.get(object);
  const [step] = diffObject(object, observed);
  if (step === undefined) return [];
  if (object.kind === 'Node' && observed === undefined)
    await kube.create(unregistered(session.inventory, object));
  await kube.apply(object);
  session.emit({ event: 'step', host: '', step: describeStep(step), reason: step.reason });
  return [step];
}

/**
 * A Node that its kubelet has not registered yet, with the taints that it would register with. The kubelet takes it over;
 * waiting for it instead would cost seconds, since its first try comes before the API server listens.
 */
function unregistered({ spec }: Inventory, object: ApiObject): ApiObject {
  const host = spec.hosts.find(({ name }) => name === object.metadata.name);
  return { ...object, spec: { ...(object['spec'] as object), taints: host ? taintsOf(host) : [] } };
}
