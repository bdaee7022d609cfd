import { ApiUnavailable, type Kube, objectName } from '../cluster/kube.js';
import type { Desired } from '../desired/resource.js';
import { isOfOneThing } from '../failure.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import type { Site } from '../survey/open-site.js';
import { firstAnswer, type Session } from '../survey/session.js';
import { lookAtObject } from '../verify/look-at-object.js';
import { isAwaited } from '../verify/workload.js';

export interface WorkloadStatus {
  /** Such as `Deployment shop/web`. */
  readonly object: string;
  /** `unknown`: no API server told. */
  readonly state: 'well' | 'not-well' | 'unknown';
  /** What is missing, and what its pods say. */
  readonly said?: string;
}

export interface AddonStatus {
  readonly name: string;
  /** `spec.addons`, or podstrap itself: kube-proxy and CoreDNS. */
  readonly of: 'inventory' | 'podstrap';
  /** Objects of all kinds that it has. */
  readonly objects: number;
  /** Those that run pods, or define kinds. */
  readonly workloads: readonly WorkloadStatus[];
}

type Grouped = Pick<AddonStatus, 'name' | 'of' | 'objects'> & { readonly awaited: readonly ApiObject[] };

/** How the addons of the inventory are, and podstrap's own, as the first API server that answers tells. Reads only. */
export async function addonStatus(
  session: Session,
  { transports, unreachable }: Pick<Site, 'transports' | 'unreachable'>,
  desired: Pick<Desired, 'systemObjects' | 'manifests'>,
): Promise<readonly AddonStatus[]> {
  const groups = grouped(session, desired);
  const away = new Set(unreachable.keys());
  const told = await firstAnswer(session, transports, (kube) =>
    Promise.all(groups.map((group) => lookAtGroup(kube, group, away))),
  );
  if ('answer' in told) return told.answer;
  return groups.map(({ awaited, ...addon }) => ({
    ...addon,
    workloads: awaited.map((object) => ({ object: objectName(object), state: 'unknown', said: told.said })),
  }));
}

/** The workloads of each addon; each of podstrap's own counts as one. */
function grouped(
  { inventory }: Session,
  { systemObjects: addons, manifests }: Pick<Desired, 'systemObjects' | 'manifests'>,
): Grouped[] {
  const own = addons.filter(isAwaited).map((object): Grouped => {
    const { name } = object.metadata;
    return { name, of: 'podstrap', objects: 1, awaited: [object] };
  });
  const theirs = inventory.addons.map(({ name }): Grouped => {
    const objects = manifests.filter(({ addon }) => addon === name).map(({ object }) => object);
    return { name, of: 'inventory', objects: objects.length, awaited: objects.filter(isAwaited) };
  });
  return [...own, ...theirs];
}

const lookAtGroup = async (
  kube: Kube,
  { awaited, ...addon }: Grouped,
  away: ReadonlySet<string>,
): Promise<AddonStatus> => ({
  ...addon,
  workloads: await Promise.all(awaited.map((object) => lookAtOne(kube, object, away))),
});

async function lookAtOne(kube: Kube, object: ApiObject, away: ReadonlySet<string>): Promise<WorkloadStatus> {
  const named = { object: objectName(object) };
  try {
    const look = await lookAtObject(kube, object, away);
    return look.is === 'well'
      ? { ...named, state: 'well' }
      : { ...named, state: 'not-well', said: look.said };
  } catch (error) {
    // A server that answers no more is no server; one that says no to one object tells of the others.
    if (!isOfOneThing(error) || error instanceof ApiUnavailable) throw error;
    return { ...named, state: 'unknown', said: error.said ?? error.message };
  }
}
