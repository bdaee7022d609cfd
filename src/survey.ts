import { askApi } from './ask-api.js';
import type { Artifacts } from './bundle/artifact.js';
import { desired } from './desired/desired.js';
import { etcdMarkerPath } from './desired/etcd-marker.js';
import type { Desired, DesiredHost } from './desired/resource.js';
import { peerUrl, type Settled, without } from './desired/settled.js';
import { type Failure, Failures } from './failure.js';
import type { Inventory } from './inventory/inventory.js';
import { keepingOthers } from './keeping-others.js';
import { judgeLeaving, lookAtLeaving, planLeaving, wantedOfLeaving, waysOfLeaving } from './leaving.js';
import {
  detailAll,
  observeAll,
  probeRequests,
  refuseOtherAuthority,
  setForeignAside,
} from './look-at-hosts.js';
import { expectEtcd } from './observed/etcd-view.js';
import type { ClusterRecord, HostFacts } from './observed/facts.js';
import type { Site } from './open-site.js';
import { bridgePorts } from './plan/bridge-ports.js';
import { checksKubelets } from './plan/checks-kubelets.js';
import { dropRoutes } from './plan/drop-routes.js';
import { judgeOnHost } from './plan/judge-on-host.js';
import { judgeUpgrade } from './plan/judge-upgrade.js';
import { makePlan } from './plan/make-plan.js';
import { originsIn } from './plan/origins.js';
import { refuseOtherMachines, sameMachines } from './plan/other-machine.js';
import { refusals } from './plan/refusals.js';
import { runningOn } from './plan/running.js';
import { type EtcdArrival, etcdArrivals, type Situation, situationOf } from './plan/situation.js';
import type { Plan } from './plan/step.js';
import { unknownKinds } from './plan/unknown-kinds.js';
import { withoutHidden } from './plan/without-hidden.js';
import { recallRecord } from './recall-record.js';
import { noteApiPort, type Session } from './session.js';
import { settleMembers } from './settle-members.js';
import { settlePods } from './settle-pods.js';
import { archOf, traitsOf } from './traits-of.js';
import type { Transport } from './transport/transport.js';

/** Everything that is known before anything is changed, and the plan that follows from it. */
export interface Survey {
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly situation: Situation;
  /** What the inventory asks for and a cluster that exists cannot take; nothing may be applied with any. */
  readonly refusals: readonly Failure[];
  readonly arrivals: ReadonlyMap<string, EtcdArrival>;
  readonly settled: Settled;
  /** True when the operator and every host know that the cluster exists. */
  readonly bootstrapped: boolean;
  readonly artifacts: Artifacts;
  /** What is brought about; hosts that leave may still be part of it. */
  readonly desired: Desired;
  /** What there is once they have left. */
  readonly settledDesired: Desired;
  /** What is brought about in between, by digest; see bridge-ports.ts. */
  readonly bridged: ReadonlyMap<string, string>;
  /** Hosts that have left the inventory and are this cluster's, with the ways to them. */
  readonly leaving: ReadonlyMap<string, Transport>;
  readonly factsOfLeaving: ReadonlyMap<string, HostFacts>;
  /** What a reset takes from them. */
  readonly wantedOfLeaving: ReadonlyMap<string, DesiredHost>;
  readonly plan: Plan;
}

export interface SurveyScope {
  /** Plan the removal of what is not podstrap's. */
  readonly prune?: boolean | undefined;
  /** Only some hosts are to be changed. */
  readonly partly?: boolean;
  /** Give kubelets that have only just started the time to bring up their pods: what they do by themselves needs no step. */
  readonly waits?: boolean;
  /** Throw what is refused, or is lost, instead of telling it: before artifacts are fetched for it, where they play no part in that. */
  readonly refuses?: boolean;
}

/**
 * Looks at the hosts and makes the plan: probe, situation, desired state, difference. Reads only.
 * @param site open connections to the hosts to look at
 * @throws Failure, Failures when a host cannot be looked at, or when a host belongs to another cluster
 */
export async function survey(session: Session, site: Site, scope: SurveyScope = {}): Promise<Survey> {
  for (;;)
    try {
      return await surveySound(session, site, scope);
    } catch (error) {
      // A host that turns out to be unsound is out, and the rest is looked at as if it could not be reached.
      site.setAside(error);
    }
}

/** @throws Failure, Failures `unsound` of hosts besides */
async function surveySound(
  session: Session,
  site: Site,
  { prune = false, partly = false, refuses = false, waits = false }: SurveyScope,
): Promise<Survey> {
  const { transports, leaving: gone } = site;
  const { inventory, keys } = session;
  const requestFor = probeRequests(session);
  const record = await session.record.load();
  const etcdOf = expectEtcd(transports, membersIn(record, transports), keys);
  const [facts, lookedAt] = await Promise.all([
    observeAll(session, site, requestFor, waits),
    lookAtLeaving(gone, requestFor),
  ]);
  setForeignAside(
    facts,
    keys.clusterId,
    gone.map(({ known }) => known.name),
  );
  refuseOtherMachines(inventory, keys.clusterId, record, facts);
  for (const { host, apiPort } of facts.values()) noteApiPort(session, host, apiPort);
  const leaving = judgeLeaving(session, gone, lookedAt, facts);
  const ways = waysOfLeaving(gone, leaving);
  const factsOfLeaving = new Map(
    leaving.flatMap((one) => (one.facts && ways.has(one.name) ? [[one.name, one.facts] as const] : [])),
  );
  const etcd = await etcdOf(new Map([...transports, ...ways]), [
    ...hostsWithEtcd(facts),
    ...hostsWithEtcd(factsOfLeaving),
  ]);
  const situation = situationOf({ inventory, record, clusterId: keys.clusterId, facts, etcd });
  const arrivals = etcdArrivals(inventory, situation, facts, peerUrls(inventory));
  const known = record ?? (await recallRecord(session, facts, refuses));
  const pods = await settlePods(session, transports, {
    facts,
    situation,
    record: known,
    leaving: [...ways.keys()],
  });
  const settled = settleMembers(inventory, keys.clusterId, known, situation, arrivals, pods, facts);
  const refused = [
    ...sameMachines(inventory, facts),
    ...refusals({ inventory, record: known, facts, situation, arrivals }),
  ];
  if (refuses) refuse(refused, situation);
  const archs = [...new Set([...facts.values()].map(archOf))];
  const artifacts = await session.artifacts(archs).catch((error: unknown) => {
    // That nobody has what is refused anyhow helps nobody.
    throw refused.length > 0 ? new Failures(refused) : error;
  });
  const traits = Object.fromEntries(
    inventory.spec.hosts.flatMap((host) => {
      const fact = facts.get(host.name);
      return fact === undefined ? [] : [[host.name, traitsOf(fact, host)]];
    }),
  );
  const input = {
    inventory: only(inventory, facts),
    members: inventory.spec.hosts,
    keys,
    artifacts: artifacts.list,
    settled,
    traits,
    checksKubelets: checksKubelets(inventory, situation, facts, partly),
  };
  const ours = desired(input);
  const leavingNames = leaving.map(({ name }) => name);
  const detailed = await detailAll(transports, ours, facts);
  refuseOtherAuthority(detailed, keys);
  const keeping = await keepingOthers(session, input, ours, detailed);
  const wanted = keeping === input ? ours : desired(keeping);
  const settledDesired =
    situation.kind !== 'live' || ways.size === 0
      ? wanted
      : desired({ ...keeping, settled: without(settled, leavingNames) });
  const running = new Map(wanted.hosts.map((host) => [host.host, runningOn(host, detailed.get(host.host)!)]));
  const api = await askApi(session, transports, facts, situation, wanted);
  const leave =
    situation.kind === 'live' ? await planLeaving(session, transports, situation.etcd, leaving) : [];
  const drop = leave.length === 0 ? [] : dropRoutes(wanted, settledDesired, [...ways.keys()]);
  const bridge = bridgePorts(inventory, wanted, detailed);
  const made = makePlan({
    desired: wanted,
    facts: detailed,
    arrivals,
    etcd,
    api,
    leaving: [...leave, ...drop, ...(situation.kind === 'live' ? bridge.steps : [])],
    live: situation.kind === 'live',
    markerOf: (host) => etcdMarkerPath(inventory, settled.etcd[host]!),
    judge: judgeOnHost(inventory, keys, session.now()),
    prune,
    origins: originsIn(inventory),
  });
  const plan = withoutHidden(made, inventory.hidden);
  const bootstrapped =
    known?.bootstrapped === true && [...facts.values()].every((fact) => fact.record?.bootstrapped === true);
  const refusedLater = [
    ...judgeUpgrade({ inventory, running, etcd, situation: situation.kind }),
    ...(api ? unknownKinds(inventory, wanted.manifests, api.addons.sights) : []),
  ];
  if (refuses) refuse(refusedLater, situation);
  return {
    facts: detailed,
    situation:
      situation.kind === 'live'
        ? { ...situation, leaseHolders: api?.leaseHolders ?? [], addressHolder: api?.addressHolder }
        : situation,
    refusals: [...refused, ...refusedLater],
    arrivals,
    settled,
    bootstrapped,
    artifacts,
    desired: wanted,
    settledDesired,
    bridged: bridge.contents,
    leaving: ways,
    factsOfLeaving,
    wantedOfLeaving: wantedOfLeaving(session, gone, factsOfLeaving, artifacts, settled),
    plan,
  };
}

function refuse(refused: readonly Failure[], situation: Situation): void {
  if (refused.length > 0) throw new Failures(refused);
  if (situation.kind === 'lost') throw situation.refusal;
}

const peerUrls = (inventory: Inventory) => {
  const urls = new Map(inventory.spec.hosts.map((host) => [host.name, peerUrl(host)]));
  return (host: string) => urls.get(host)!;
};

/** The hosts that had a member when the cluster was noted. */
const membersIn = (
  record: ClusterRecord | undefined,
  transports: ReadonlyMap<string, Transport>,
): string[] =>
  record?.bootstrapped === true ? Object.keys(record.etcd).filter((host) => transports.has(host)) : [];

/** Without data there is no member to ask. */
const hostsWithEtcd = (facts: ReadonlyMap<string, HostFacts>): string[] =>
  [...facts.values()].flatMap(({ etcdData, host }) => (etcdData ? [host] : []));

/** The inventory with only the hosts that were looked at. */
const only = (inventory: Inventory, facts: ReadonlyMap<string, HostFacts>): Inventory => ({
  ...inventory,
  spec: { ...inventory.spec, hosts: inventory.spec.hosts.filter(({ name }) => facts.has(name)) },
});
