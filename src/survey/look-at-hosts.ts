import { dirname } from 'node:path/posix';
import { setTimeout as delay } from 'node:timers/promises';
import { desired } from '../desired/desired.js';
import type { Desired } from '../desired/resource.js';
import { settledAtBirth } from '../desired/settled.js';
import { defaultTraits } from '../desired/traits.js';
import { userPodPaths } from '../desired/user-pods/user-pods.js';
import { Failure, Failures, unsound } from '../failure.js';
import { type Host, isControlPlane } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';
import { observe, observeDetails, probeRequest } from '../observed/observe.js';
import type { ProbeRequest } from '../observed/probe/probe.js';
import { isStartingPods } from '../observed/starting-pods.js';
import { authorityPlace } from '../pki/certificate-places.js';
import { anyRing } from '../pki/encryption/ring.js';
import type { Keys } from '../pki/keys.js';
import { sameAuthority } from '../plan/diff/judge-on-host.js';
import type { Transport } from '../transport/transport.js';
import { askEach, eachInTime, type Site } from './open-site.js';
import type { Session } from './session.js';

/** Every host has it, whatever its role. */
const authorityPath = authorityPlace('ca').certificate;

/**
 * What to look at on a host. Paths depend on its roles, not on its name, so that one host of each kind tells for all of them; but
 * those of static pods of people's own are each host's own.
 */
export function probeRequests({ inventory, keys }: Session): (host: Probed) => ProbeRequest {
  const requests = new Map<boolean, ProbeRequest>();
  const settled = settledAtBirth(inventory, keys.clusterId);
  const disks = inventory.spec.artifacts.extraFiles.map(({ path }) => dirname(path));
  for (const host of inventory.spec.hosts) {
    if (requests.has(isControlPlane(host))) continue;
    const sample = { ...inventory, staticPods: [], spec: { ...inventory.spec, hosts: [host] } };
    const traits = { [host.name]: defaultTraits(host) };
    const [wanted] = desired({
      inventory: sample,
      keys,
      artifacts: [],
      settled,
      encryption: anyRing,
      traits,
    }).hosts;
    const request = probeRequest(wanted!, inventory.spec.etcd.local.dataDir);
    requests.set(isControlPlane(host), { ...request, disks });
  }
  const listed = new Map(inventory.spec.hosts.map((host) => [host.name, host]));
  return ({ name, roles }) => {
    // The inventory need not have a worker any more when one leaves.
    const request = requests.get(isControlPlane({ roles })) ?? [...requests.values()][0]!;
    const host = listed.get(name);
    if (host === undefined) return request;
    const own = userPodPaths({ inventory, host, keys });
    return {
      ...request,
      files: [...request.files, ...own.files],
      hashes: [...request.hashes, ...own.hashes],
    };
  };
}

type Probed = Pick<Host, 'name' | 'roles'>;

/**
 * Looks at every host that can be reached, in the order of the inventory; those that are unsound are set aside.
 * @param waits give a kubelet that has only just started the time to bring up its pods
 * @throws Failure, Failures when no host can be looked at
 */
export async function observeAll(
  session: Session,
  site: Pick<Site, 'transports' | 'setAside'>,
  requestFor: (host: Host) => ProbeRequest,
  waits = false,
): Promise<Map<string, HostFacts>> {
  const { hosts } = session.inventory.spec;
  const requests = new Map(hosts.map((host) => [host.name, requestFor(host)]));
  const look = waits ? observeInTime : observe;
  const seen = await askEach(site, (transport, late) =>
    look(transport, requests.get(transport.host)!, late, session),
  );
  return new Map(hosts.flatMap(({ name }) => (seen.has(name) ? [[name, seen.get(name)!] as const] : [])));
}

/** Milliseconds for which a look waits for pods that a kubelet is about to start. */
const patience = 30_000;

/** Looks until the kubelet is not just starting, time is up, or the operator wants to stop. */
async function observeInTime(
  transport: Transport,
  request: ProbeRequest,
  late: AbortSignal,
  { emit, stop }: Session,
): Promise<HostFacts> {
  const end = performance.now() + patience;
  for (;;) {
    const facts = await observe(transport, request, late);
    if (!isStartingPods(facts) || stop.aborted || performance.now() > end) return facts;
    const waiting = `its static pods: the kubelet started ${facts.kubeletAge} s ago`;
    emit({ event: 'waiting', host: transport.host, stage: 'look', for: waiting });
    await delay(1_000, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Throws failures of hosts together. */
function throwFailures(failures: readonly Failure[]): void {
  if (failures.length > 0) throw failures.length === 1 ? failures[0]! : new Failures(failures);
}

/**
 * What the first look left open, where something differs from what is wanted.
 * @throws Failure, Failures of hosts that cannot be looked at
 */
export async function detailAll(
  transports: ReadonlyMap<string, Transport>,
  wanted: Desired,
  facts: ReadonlyMap<string, HostFacts>,
): Promise<Map<string, HostFacts>> {
  const results = await eachInTime(
    wanted.hosts.map((host) => [host.host, host] as const),
    (host, late) => observeDetails(transports.get(host.host)!, host, facts.get(host.host)!, late),
  );
  const failed = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const defect = failed.find((error) => !(error instanceof Failure));
  if (defect !== undefined) throw defect;
  throwFailures(failed as Failure[]);
  const found = results.map((result) => (result as PromiseFulfilledResult<HostFacts>).value);
  return new Map(found.map((fact) => [fact.host, fact]));
}

/**
 * A keystore that does not fit the hosts is never rolled out. A host whose authority is another one than its
 * neighbours' is unsound: what it shows may be made up.
 * @throws Failure `refused` when all have another one, `unsound` of those that do
 */
export function refuseOtherAuthority(facts: ReadonlyMap<string, HostFacts>, keys: Keys): void {
  const said = `${authorityPath} there is another authority than the one in the keystore`;
  const wrong = [...facts.values()].filter((fact) => {
    const observed = fact.files[authorityPath]?.content;
    return observed !== undefined && !sameAuthority(observed, keys.authorities.ca.certificate);
  });
  if (wrong.length < facts.size) throwFailures(wrong.map(({ host }) => unsound(said).at({ host })));
  else if (wrong.length > 0)
    throw new Failure({
      kind: 'refused',
      doing: 'Comparing the hosts’ certificate authority with the keystore’s',
      where: { host: wrong.map(({ host }) => host).join(', ') },
      said,
      next: 'Use the keystore that made these hosts. Nothing was changed.',
    });
}

/**
 * Hosts of other clusters, where others are of this one or of none, and one host that says it is another node of this
 * cluster, unless a node of that name is about to leave: then the name in the inventory may be the mistake.
 * @throws Failure, Failures `unsound`
 */
export function setForeignAside(
  facts: ReadonlyMap<string, HostFacts>,
  clusterId: string,
  leaving: readonly string[],
): void {
  const others = [...facts.values()].filter(
    ({ host, nodeName, record }) =>
      nodeName !== undefined && nodeName !== host && record?.clusterId === clusterId,
  );
  const [other] = others;
  if (other && others.length === 1 && facts.size > 1 && !leaving.includes(other.nodeName!))
    throw unsound(`it says that it is ${other.nodeName} of this cluster`).at({ host: other.host });
  const foreign = [...facts.values()].filter(({ record }) => record && record.clusterId !== clusterId);
  if (foreign.length === facts.size) return;
  throwFailures(
    foreign.map(({ host, record }) =>
      unsound(`it says that it belongs to another cluster: ${record!.cluster} (${record!.clusterId})`).at({
        host,
      }),
    ),
  );
}
