import type { Artifacts } from './bundle/artifact.js';
import { desired } from './desired/desired.js';
import { etcdMarkerPath } from './desired/etcd-marker.js';
import type { PodNetworksByHost } from './desired/pod-networks.js';
import type { Desired } from './desired/resource.js';
import { bornTogether, peerUrl, type Settled, settledAtBirth } from './desired/settled.js';
import { defaultTraits } from './desired/traits.js';
import { Failure, Failures } from './failure.js';
import { paths } from './host/paths.js';
import { endpointOf, type Host, type Inventory } from './inventory/inventory.js';
import { type ApiView, nothingYet, viewApi } from './observed/api-view.js';
import { viewEtcd } from './observed/etcd-view.js';
import type { ClusterRecord, HostFacts } from './observed/facts.js';
import { observe, observeDetails, probeRequest } from './observed/observe.js';
import { proxyModeOf } from './observed/proxy-mode-of.js';
import type { Keys } from './pki/keys.js';
import { checksKubelets } from './plan/checks-kubelets.js';
import { judgeOnHost, sameAuthority } from './plan/judge-on-host.js';
import { judgeUpgrade } from './plan/judge-upgrade.js';
import { makePlan } from './plan/make-plan.js';
import { originsIn } from './plan/origins.js';
import { refusals } from './plan/refusals.js';
import { runningOn } from './plan/running.js';
import { type EtcdArrival, etcdArrivals, type Situation, situationOf } from './plan/situation.js';
import type { Plan } from './plan/step.js';
import { unknownKinds } from './plan/unknown-kinds.js';
import { firstAnswer, type Session } from './session.js';
import { settlePods } from './settle-pods.js';
import { archOf, traitsOf } from './traits-of.js';
import type { Transport } from './transport/transport.js';

/** Every host has it, whatever its role. */
const authorityPath = `${paths.pki}/ca.crt`;

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
  readonly desired: Desired;
  readonly plan: Plan;
}

/**
 * Looks at the hosts and makes the plan: probe, situation, desired state, difference. Reads only.
 * @param transports open connections to the hosts to look at
 * @param prune plan the removal of what is not podstrap's
 * @param partly true when only some hosts are to be changed
 * @throws Failure, Failures when a host cannot be looked at, or when a host belongs to another cluster
 */
export async function survey(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  prune = false,
  partly = false,
): Promise<Survey> {
  const { inventory, keys } = session;
  const facts = await observeAll(session, transports);
  const record = await session.record.load();
  const etcd = await viewEtcd(transports, hostsWithEtcd(facts), keys);
  const situation = situationOf({ inventory, record, clusterId: keys.clusterId, facts, etcd });
  const arrivals = etcdArrivals(inventory, situation, facts, peerUrls(inventory));
  const known = record ?? recordOf(facts);
  const pods = await settlePods(session, transports, { facts, situation, record: known });
  const settled = settle(inventory, keys.clusterId, known, arrivals, pods, facts);
  const artifacts = await session.artifacts([...new Set([...facts.values()].map(archOf))]);
  const traits = Object.fromEntries(
    inventory.spec.hosts.flatMap((host) => {
      const fact = facts.get(host.name);
      return fact === undefined ? [] : [[host.name, traitsOf(fact, host)]];
    }),
  );
  const wanted = desired({
    inventory: only(inventory, facts),
    members: inventory.spec.hosts,
    keys,
    artifacts: artifacts.list,
    settled,
    traits,
    checksKubelets: checksKubelets(inventory, situation, facts, partly),
  });
  const detailed = await detailAll(transports, wanted, facts);
  refuseOtherAuthority(detailed, keys);
  const running = new Map(wanted.hosts.map((host) => [host.host, runningOn(host, detailed.get(host.host)!)]));
  const api = await askApi(session, transports, facts, situation, wanted);
  const plan = makePlan({
    desired: wanted,
    facts: detailed,
    arrivals,
    etcd,
    api,
    live: situation.kind === 'live',
    markerOf: (host) => etcdMarkerPath(inventory, settled.etcd[host]!),
    judge: judgeOnHost(inventory, keys, session.now()),
    prune,
    origins: originsIn(inventory),
  });
  const bootstrapped =
    record?.bootstrapped === true && [...facts.values()].every((fact) => fact.record?.bootstrapped === true);
  return {
    facts: detailed,
    situation:
      situation.kind === 'live' ? { ...situation, leaseHolders: api?.leaseHolders ?? [] } : situation,
    refusals: [
      ...refusals({ inventory, record, facts, situation }),
      ...judgeUpgrade({ inventory, running, etcd, situation: situation.kind }),
      ...(api ? unknownKinds(inventory, wanted.manifests, api.addons.sights) : []),
    ],
    arrivals,
    settled,
    bootstrapped,
    artifacts,
    desired: wanted,
    plan,
  };
}

const peerUrls = (inventory: Inventory) => {
  const urls = new Map(inventory.spec.hosts.map((host) => [host.name, peerUrl(host)]));
  return (host: string) => urls.get(host)!;
};

/** Without data there is no member to ask. */
const hostsWithEtcd = (facts: ReadonlyMap<string, HostFacts>): string[] =>
  [...facts.values()].flatMap(({ etcdData, host }) => (etcdData ? [host] : []));

const recordOf = (facts: ReadonlyMap<string, HostFacts>): ClusterRecord | undefined =>
  [...facts.values()].find((fact) => fact.record !== undefined)?.record;

/** What was settled before, completed by the members that come into being in this run. */
function settle(
  inventory: Inventory,
  clusterId: string,
  record: Pick<ClusterRecord, 'endpoint' | 'etcd' | 'proxyMode'> | undefined,
  arrivals: ReadonlyMap<string, EtcdArrival>,
  pods: PodNetworksByHost,
  facts: ReadonlyMap<string, HostFacts>,
): Settled {
  const together = bornTogether(inventory);
  const joining = [...arrivals].flatMap(([host, arrival]) =>
    arrival.kind === 'join' ? [[host, arrival.birth]] : [],
  );
  return {
    clusterId,
    endpoint:
      inventory.spec.controlPlaneEndpoint === undefined
        ? (record?.endpoint ?? endpointOf(inventory))
        : endpointOf(inventory),
    etcd: { ...together, ...record?.etcd, ...Object.fromEntries(joining) },
    pods,
    proxyMode: record?.proxyMode ?? proxyModeOf([...facts.values()]),
  };
}

async function observeAll(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
): Promise<Map<string, HostFacts>> {
  const requests = new Map<string, ReturnType<typeof probeRequest>>();
  const { inventory, keys } = session;
  const settled = settledAtBirth(inventory, keys.clusterId);
  // Paths depend on a host's roles, not on its name: one host of each kind tells what to look at on all of them.
  const kindOf = (host: Host) => String(host.roles.includes('control-plane'));
  for (const host of inventory.spec.hosts) {
    if (requests.has(kindOf(host))) continue;
    const sample = { ...inventory, spec: { ...inventory.spec, hosts: [host] } };
    const traits = { [host.name]: defaultTraits(host) };
    const [wanted] = desired({ inventory: sample, keys, artifacts: [], settled, traits }).hosts;
    requests.set(kindOf(host), probeRequest(wanted!, inventory.spec.etcd.local.dataDir));
  }
  const hosts = inventory.spec.hosts.filter(({ name }) => transports.has(name));
  const results = await Promise.allSettled(
    hosts.map((host) => observe(transports.get(host.name)!, requests.get(kindOf(host))!)),
  );
  return new Map(settledAll(results).map((fact) => [fact.host, fact]));
}

/** All values, or all failures at once. */
function settledAll<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  const foreseen = failed.filter((error) => error instanceof Failure);
  if (foreseen.length < failed.length) throw failed.find((error) => !(error instanceof Failure));
  if (foreseen.length > 0) throw new Failures(foreseen);
  return results.map((result) => (result as PromiseFulfilledResult<T>).value);
}

async function detailAll(
  transports: ReadonlyMap<string, Transport>,
  wanted: Desired,
  facts: ReadonlyMap<string, HostFacts>,
): Promise<Map<string, HostFacts>> {
  const results = await Promise.allSettled(
    wanted.hosts.map((host) => observeDetails(transports.get(host.host)!, host, facts.get(host.host)!)),
  );
  return new Map(settledAll(results).map((fact) => [fact.host, fact]));
}

/** The inventory with only the hosts that were looked at. */
const only = (inventory: Inventory, facts: ReadonlyMap<string, HostFacts>): Inventory => ({
  ...inventory,
  spec: { ...inventory.spec, hosts: inventory.spec.hosts.filter(({ name }) => facts.has(name)) },
});

/** A keystore that does not fit the hosts is never rolled out. */
function refuseOtherAuthority(facts: ReadonlyMap<string, HostFacts>, keys: Keys): void {
  const wrong = [...facts.values()].filter((fact) => {
    const observed = fact.files[authorityPath]?.content;
    return observed !== undefined && !sameAuthority(observed, keys.authorities.ca.certificate);
  });
  if (wrong.length === 0) return;
  throw new Failure({
    kind: 'refused',
    doing: 'Comparing the hosts’ certificate authority with the keystore’s',
    where: { host: wrong.map(({ host }) => host).join(', ') },
    said: `${authorityPath} there is another authority than the one in the keystore`,
    next: 'Use the keystore that made these hosts. Nothing was changed.',
  });
}

/** What the first API server that answers tells; undefined, with a warning, when the cluster exists and none does. */
async function askApi(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  facts: ReadonlyMap<string, HostFacts>,
  situation: Situation,
  wanted: Desired,
): Promise<ApiView | undefined> {
  // Before the first bootstrap is finished nothing is there to be compared with.
  if (situation.kind === 'new' || situation.kind === 'bootstrapping') return nothingYet;
  const hostnames = new Map([...facts].map(([host, { hostname }]) => [host, hostname]));
  // An API server whose etcd has no quorum only hangs.
  const told =
    situation.kind === 'live'
      ? await firstAnswer(session, transports, (kube) => viewApi(kube, wanted, hostnames))
      : { said: 'etcd has no quorum' };
  if ('answer' in told) return told.answer;
  session.emit({ event: 'warning', message: `the objects of the API could not be compared: ${told.said}` });
  return undefined;
}
