import { type Kube, objectName } from '../../cluster/kube.js';
import { UnknownKind } from '../../cluster/resource-finder.js';
import { Failure } from '../../failure.js';
import type { AddonObject } from '../../inventory/addons/addon.js';
import { parseDuration } from '../../inventory/duration.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { identityOf } from '../../kubernetes/identity-of.js';
import { missing, poll, well } from '../../verify/poll.js';
import type { Crew } from '../crew.js';
import { addonOf } from './await-workloads.js';

/**
 * Waits until none of `objects`, as they were observed, is there any more; another of the same name is not waited for.
 * @returns those that are there after `timeoutMs`
 */
export async function awaitGone(
  { session }: Crew,
  kube: Kube,
  objects: readonly ApiObject[],
  timeoutMs: number,
): Promise<readonly ApiObject[]> {
  const isThere = async (object: ApiObject) => {
    const now = await kube.get(object).catch((error: unknown) => {
      if (error instanceof UnknownKind) return undefined;
      throw error;
    });
    return now !== undefined && now.metadata['uid'] === object.metadata['uid'];
  };
  let still = objects;
  const look = async () => {
    const there = await Promise.all(objects.map(isThere));
    still = objects.filter((_, index) => there[index]);
    return still.length === 0 ? well : missing(`${still.map(objectName).join(', ')} to be deleted`);
  };
  await poll(look, {
    timeoutMs,
    onWaiting: (what) => session.emit({ event: 'waiting', host: '', stage: 'addons', for: what }),
    signal: session.abort,
  });
  return still;
}

/** An object of an addon, and what has to be gone before it can be made: its namespace, or an earlier object of its name. */
export interface HeldUp {
  readonly wanted: AddonObject;
  readonly by: ApiObject;
}

/**
 * Waits for what is being deleted and is in the way of these objects, no longer than spec.timeouts.addons.
 * @returns the objects that cannot be made yet, and why
 */
export async function awaitDeletions(
  crew: Crew,
  kube: Kube,
  waiting: readonly HeldUp[],
): Promise<{ readonly heldUp: ReadonlySet<AddonObject>; readonly failed: readonly Failure[] }> {
  const going = [...new Map(waiting.map(({ by }) => [identityOf(by), by])).values()];
  const timeoutMs = parseDuration(crew.session.inventory.spec.timeouts.addons);
  const still = going.length === 0 ? [] : await awaitGone(crew, kube, going, timeoutMs);
  const behind = still.map((object) => ({
    object,
    wanted: waiting.flatMap(({ by, wanted }) => (identityOf(by) === identityOf(object) ? [wanted] : [])),
  }));
  return {
    heldUp: new Set(behind.flatMap(({ wanted }) => wanted)),
    failed: behind.map(({ object, wanted }) => notGone(object, wanted)),
  };
}

function notGone(object: ApiObject, wanted: readonly AddonObject[]): Failure {
  const addons = [...new Set(wanted.map(({ addon }) => addonOf(addon)))].join(', ');
  const names = wanted.map((one) => objectName(one.object)).join(', ');
  return new Failure({
    kind: 'gate',
    doing: `Waiting until ${objectName(object)} is gone, which is being deleted`,
    where: { phase: 'addons' },
    said: `it is still there; of ${addons} could not be made before: ${names}`,
    next: `The control plane is done. ${howItGoes(object)} Then run \`podstrap up\` again; spec.timeouts.addons sets how long it may take.`,
  });
}

/** Where to look when an object that is being deleted does not go. */
export function howItGoes({ kind, metadata: { name, namespace } }: ApiObject): string {
  const where = namespace === undefined ? '' : `-n ${namespace} `;
  const tells = kind === 'Namespace' ? 'spec.finalizers and status.conditions' : 'metadata.finalizers';
  return `\`podstrap kubectl ${where}get ${kind} ${name} -o yaml\` tells in ${tells} what it waits for: see to that.`;
}
