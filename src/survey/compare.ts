import { etcdMarkerPath } from '../desired/pods/etcd-marker.js';
import type { Failure } from '../failure.js';
import { runningOn } from '../observed/running.js';
import { bridgePorts } from '../plan/diff/bridge-ports.js';
import { dropRoutes } from '../plan/diff/drop-routes.js';
import { judgeOnHost } from '../plan/diff/judge-on-host.js';
import { originsIn } from '../plan/diff/origins.js';
import { makePlan } from '../plan/make-plan.js';
import { judgeUpgrade } from '../plan/refuse/judge-upgrade.js';
import { overCapacity } from '../plan/refuse/over-capacity.js';
import { unknownKinds } from '../plan/refuse/unknown-kinds.js';
import type { Situation } from '../plan/situation.js';
import type { Plan } from '../plan/step.js';
import { askApi } from './ask-api.js';
import { planLeaving } from './leaving.js';
import type { Looked } from './look-at-all.js';
import type { Site } from './open-site.js';
import type { Session } from './session.js';
import type { SettledFacts } from './settle-facts.js';
import type { Wanted } from './want.js';

/** What is different. */
export interface Compared {
  readonly plan: Plan;
  /** With what the API tells of it. */
  readonly situation: Situation;
  /** What is brought about in between, by digest; see bridge-ports.ts. */
  readonly bridged: ReadonlyMap<string, string>;
  /** Why what runs cannot become what is wanted. */
  readonly refused: readonly Failure[];
}

/**
 * Compares what is wanted with what there is, on hosts and in the API. Reads only.
 * @param prune plan the removal of what is not podstrap's
 */
export async function compare(
  session: Session,
  { transports }: Site,
  { etcd, begunApi, leaving, ways }: Looked,
  { situation, arrivals, settled }: SettledFacts,
  { desired, settledDesired, facts }: Wanted,
  prune: boolean,
): Promise<Compared> {
  const { inventory, keys } = session;
  const running = new Map(desired.hosts.map((host) => [host.host, runningOn(host, facts.get(host.host)!)]));
  const api = await askApi(session, transports, facts, situation, desired, begunApi);
  const isLive = situation.kind === 'live';
  const leave = isLive ? await planLeaving(session, transports, situation.etcd, leaving) : [];
  const drop = leave.length === 0 ? [] : dropRoutes(desired, settledDesired, [...ways.keys()]);
  const bridge = bridgePorts(inventory, desired, facts);
  const told: Situation = isLive
    ? { ...situation, leaseHolders: api?.leaseHolders ?? [], addressHolder: api?.addressHolder }
    : situation;
  const plan = makePlan({
    inventory,
    situation: told,
    desired,
    facts,
    arrivals,
    etcd,
    api,
    leaving: [...leave, ...drop, ...(isLive ? bridge.steps : [])],
    markerOf: (host) => etcdMarkerPath(inventory, settled.etcd[host]!),
    judge: judgeOnHost(inventory, keys, session.now()),
    prune,
    origins: originsIn(inventory),
  });
  const refused = [
    ...overCapacity(inventory, desired, facts),
    ...judgeUpgrade({ inventory, running, etcd, situation: situation.kind }),
    ...(api ? unknownKinds(inventory, desired.manifests, api.addons.sights) : []),
  ];
  return { plan, situation: told, bridged: bridge.contents, refused };
}
