import { objectName } from '../cluster/kube.js';
import type { Desired } from '../desired/resource.js';
import type { AddonObject } from '../inventory/addons/addon.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { identityOf } from '../kubernetes/identity-of.js';
import type { HostFacts } from '../observed/facts.js';
import { changesKubeletMinor, runningOn } from '../observed/running.js';
import type { AddonSight } from '../observed/views/addon-view.js';
import type { ApiView } from '../observed/views/api-view.js';
import type { EtcdView } from '../observed/views/etcd-view.js';
import { diffAddon, diffRecord, pruneAddon } from './diff/diff-addon.js';
import type { JudgeOnHost } from './diff/diff-file.js';
import { diffHost } from './diff/diff-host.js';
import { diffObject, withdraw } from './diff/diff-object.js';
import { explain } from './diff/explain.js';
import { forgetSteps } from './diff/forget-steps.js';
import type { OriginsOf } from './diff/origins.js';
import { othersManifests, pruneSteps, strangersOf } from './diff/strangers.js';
import { tellOthersPods } from './diff/tell-others-pods.js';
import { drainSteps, snapshotSteps } from './diff/upgrade-steps.js';
import { byPhase } from './phases.js';
import type { EtcdArrival, Situation } from './situation.js';
import type { Plan, Step } from './step.js';
import { wavesOf } from './waves/waves-of.js';
import { withoutHidden } from './without-hidden.js';

export interface PlanInput {
  readonly inventory: Inventory;
  readonly situation: Situation;
  readonly desired: Desired;
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly arrivals: ReadonlyMap<string, EtcdArrival>;
  readonly etcd: EtcdView | undefined;
  /** What the API has of the wanted objects, and the nodes that an interrupted run has left cordoned; undefined when nobody could tell. */
  readonly api: Pick<ApiView, 'objects' | 'addons' | 'cordoned'> | undefined;
  /** Path of the marker that the etcd of a control plane demands. */
  readonly markerOf: (host: string) => string;
  readonly judge: JudgeOnHost;
  /** Where in the inventory files come from; without it reasons do not say. */
  readonly origins?: OriginsOf;
  /** Remove what is not podstrap's, where that is safe. */
  readonly prune?: boolean;
  /** How hosts leave that the inventory no longer has; see leave-steps.ts. */
  readonly leaving?: readonly Step[];
}

/** desired × facts → plan. Pure: the same input gives the same plan. */
export function makePlan(input: PlanInput): Plan {
  const {
    desired,
    facts,
    arrivals,
    etcd,
    api,
    markerOf,
    judge,
    prune,
    origins,
    inventory,
    situation,
    leaving = [],
  } = input;
  // Etcd has quorum: there is something to save and somewhere for pods to go.
  const live = situation.kind === 'live';
  const running = new Map(
    desired.hosts.map((wanted) => [wanted.host, runningOn(wanted, facts.get(wanted.host)!)]),
  );
  const steps = desired.hosts.flatMap((wanted): Step[] => {
    const fact = facts.get(wanted.host)!;
    const arrival = arrivals.get(wanted.host);
    const birth = {
      marker: arrival !== undefined || fact.etcdData ? markerOf(wanted.host) : undefined,
      stale: arrival?.kind === 'join' && arrival.stale,
      dataDir: inventory.spec.etcd.local.dataDir,
    };
    const different = diffHost(wanted, fact, judge, birth);
    const own = origins ? explain(different, wanted, fact, origins) : different;
    const left = api?.cordoned.has(wanted.host) ?? false;
    const anew = changesKubeletMinor(wanted, fact);
    const drain = live ? drainSteps(wanted.host, anew, left) : { before: [], after: [] };
    return [
      ...drain.before,
      ...joinSteps(wanted.host, arrival, etcd),
      ...forgetSteps(fact),
      ...(prune
        ? pruneSteps(fact, wanted, own)
        : tellOthersPods(own, anew ? othersManifests(fact, wanted) : [])),
      ...drain.after,
    ];
  });
  const snapshot = live ? snapshotSteps(desired.hosts, running) : [];
  const objectSteps = api ? stepsOfApi(desired, api) : [];
  const strangers = desired.hosts.flatMap((wanted) => strangersOf(facts.get(wanted.host)!, wanted));
  const uncompared = uncomparedOf(desired, api);
  const made = byPhase([...snapshot, ...steps, ...objectSteps, ...leaving]);
  const all = withoutHidden(made, inventory.hidden);
  const order = { steps: all, desired, inventory, situation, uncompared: uncompared.length > 0 };
  return {
    steps: all,
    waves: wavesOf(order),
    strangers,
    ...(uncompared.length === 0 ? {} : { uncompared }),
  };
}

type Seen = NonNullable<PlanInput['api']>;

function stepsOfApi({ objects, systemObjects: addons, withdrawn, manifests }: Desired, api: Seen): Step[] {
  const { record, leftOver } = api.addons;
  const found = (object: ApiObject) => api.objects.get(objectName(object));
  return [
    ...[...objects, ...addons].flatMap((object) => diffObject(object, found(object))),
    ...withdrawn.flatMap((object) => withdraw(found(object))),
    ...diffRecord(
      manifests.map(({ object }) => object),
      record,
    ),
    ...manifests.flatMap((one) => diffAddon(one, sightOf(api, one))),
    ...leftOver.flatMap(pruneAddon),
  ];
}

const sightOf = ({ addons }: Seen, { object }: AddonObject): AddonSight =>
  addons.sights.get(identityOf(object)) ?? { is: 'absent' };

function uncomparedOf(
  { objects, systemObjects: addons, manifests }: Desired,
  api: Seen | undefined,
): readonly string[] {
  if (api === undefined)
    return [...objects, ...addons, ...manifests.map(({ object }) => object)].map(objectName);
  return manifests.filter((one) => sightOf(api, one).is === 'unseen').map(({ object }) => objectName(object));
}

/** What etcd itself has to be told before and after a member joins. */
function joinSteps(host: string, arrival: EtcdArrival | undefined, etcd: EtcdView | undefined): Step[] {
  const base = { host, phase: 'control-plane' } as const;
  if (arrival?.kind === 'join') {
    const peerUrl = arrival.birth.initialCluster.split(',').at(-1)!.split('=')[1]!;
    const removal: Step[] = arrival.replaces
      ? [
          {
            ...base,
            action: { do: 'remove-etcd-member', member: host, id: arrival.replaces.id },
            reason: 'its data is gone',
          },
        ]
      : [];
    return [
      ...removal,
      {
        ...base,
        action: { do: 'add-etcd-learner', member: host, peerUrl },
        reason: 'its data comes from the other members',
      },
      {
        ...base,
        action: { do: 'promote-etcd-member', member: host },
        reason: 'it is a learner until it has caught up',
      },
    ];
  }
  if (etcd?.members.some(({ name, learner }) => name === host && learner))
    return [
      { ...base, action: { do: 'promote-etcd-member', member: host }, reason: 'it is still a learner' },
    ];
  return [];
}
