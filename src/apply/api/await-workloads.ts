import { type Kube, objectName } from '../../cluster/kube.js';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import type { Spec } from '../../inventory/inventory.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { isReady } from '../../kubernetes/conditions.js';
import { lookAtObject } from '../../verify/look-at-object.js';
import { missing, poll, well } from '../../verify/poll.js';
import { isAwaited, type WorkloadLook } from '../../verify/workload.js';
import type { Crew } from '../crew.js';

/** What an object of an addon is of, in messages. */
export const addonOf = (name: string): string => `addon ${name}`;

/** An object that this run applied, and what brought it. */
export interface AppliedObject {
  readonly object: ApiObject;
  /** For messages: the addon, or a component. */
  readonly of: string;
}

/**
 * Waits until what was applied runs: no longer than spec.timeouts.addons, and not for what no node takes.
 * @returns why some of it does not
 */
export async function awaitWorkloads(
  crew: Crew,
  kube: Kube,
  applied: readonly AppliedObject[],
): Promise<readonly Failure[]> {
  const { inventory, emit, abort } = crew.session;
  let waiting = applied.filter(({ object }) => isAwaited(object));
  if (waiting.length === 0) return [];
  const away = new Set(
    inventory.spec.hosts.map(({ name }) => name).filter((name) => !crew.transports.has(name)),
  );
  const looks = new Map<AppliedObject, WorkloadLook>();
  const failed: Failure[] = [];
  const noNodeWillCome = nodeWatch(kube, away, inventory.spec);
  const lookAtAll = async () => {
    await Promise.all(waiting.map(async (one) => looks.set(one, await lookAtObject(kube, one.object, away))));
    const unplaced = waiting.filter((one) => isUnplaced(looks.get(one)));
    const forGood = unplaced.length > 0 && (await noNodeWillCome());
    for (const one of waiting)
      if (looks.get(one)?.is === 'failed') failed.push(brokenAddon(one, saidBy(looks.get(one))));
    if (forGood)
      for (const one of unplaced)
        emit({ event: 'warning', message: `${objectName(one.object)}: ${saidBy(looks.get(one))}` });
    waiting = waiting.filter(
      (one) => looks.get(one)?.is === 'missing' && !(forGood && unplaced.includes(one)),
    );
    const said = waiting.map((one) => `${objectName(one.object)}: ${saidBy(looks.get(one))}`);
    return said.length === 0 ? well : missing(said.join('\n'));
  };
  await poll(lookAtAll, {
    timeoutMs: parseDuration(inventory.spec.timeouts.addons),
    onWaiting: (what) => emit({ event: 'waiting', host: '', stage: 'addons', for: what }),
    signal: abort,
  });
  return [...failed, ...waiting.map((one) => brokenAddon(one, saidBy(looks.get(one))))];
}

const isUnplaced = (look: WorkloadLook | undefined): boolean => look?.is === 'missing' && look.unschedulable;

const saidBy = (look: WorkloadLook | undefined): string =>
  look === undefined || look.is === 'well' ? 'it was not looked at' : look.said;

/** How long the scheduler may take to find a place on a node that has just become ready. */
const schedulerMs = 15_000;

/**
 * Tells, each time that it is asked, whether no node will come that takes what none takes now: every node that can be
 * reached has been ready for a while, or none is and nobody connects the pods in this run.
 */
function nodeWatch(kube: Kube, away: ReadonlySet<string>, { networking }: Spec): () => Promise<boolean> {
  let readySince: number | undefined;
  return async () => {
    const nodes = (await kube.list('Node')).filter(({ metadata }) => !away.has(metadata.name));
    const ready = nodes.filter(isReady);
    if (networking.plugin === 'none' && ready.length === 0) return true;
    readySince = ready.length === nodes.length ? (readySince ?? performance.now()) : undefined;
    return readySince !== undefined && performance.now() - readySince > schedulerMs;
  };
}

/** An addon that does not run, though the control plane does. */
const brokenAddon = ({ object, of }: AppliedObject, said: string): Failure => {
  const { namespace = 'default' } = object.metadata;
  return new Failure({
    kind: 'gate',
    doing: `Waiting for ${objectName(object)} of ${of}`,
    where: { phase: 'addons' },
    said,
    next: `The control plane is done and was healthy before. \`podstrap kubectl -n ${namespace} describe ${object.kind} ${object.metadata.name}\` tells more. Fix it and run \`podstrap up\` again; spec.timeouts.addons sets how long it may take.`,
  });
};
