import { whileHeld } from '../apply/lock/lock.js';
import { requireLock } from '../apply/lock/run-fenced.js';
import { underLock } from '../apply/lock/under-lock.js';
import { type ResetPlan, resetPlan } from '../apply/scripts/reset-script.js';
import { onHosts, stage } from '../apply/stage.js';
import { putBack } from '../apply/undo/put-back.js';
import { etcdOn } from '../cluster/etcd.js';
import { Failure, Failures } from '../failure.js';
import { controlPlanes, hasApi } from '../inventory/inventory.js';
import { openSite, type Site } from '../survey/open-site.js';
import { kubeOn, type Session } from '../survey/session.js';
import { type Survey, survey } from '../survey/survey.js';

/** What a reset of some hosts will do. */
export interface Reset {
  readonly hosts: readonly string[];
  /** What is deleted on the hosts that were reached. */
  readonly plans: ReadonlyMap<string, ResetPlan>;
  /** Hosts that cannot be put back now: they leave the cluster, no more. */
  readonly unreachable: ReadonlyMap<string, Failure>;
  /** Etcd members to remove first, by host. */
  readonly members: ReadonlyMap<string, string>;
  /** True when no control plane is left afterwards, or no host of a fleet: the cluster ends. */
  readonly endsCluster: boolean;
  /** False of a fleet, whose hosts stand for themselves. */
  readonly hasApi: boolean;
}

/** What a reset starts from. */
export interface Looked {
  readonly site: Site;
  readonly survey: Survey;
}

/**
 * Connects and looks. What an inventory asks of a cluster that exists does not matter here, nor that a host cannot be
 * reached or that data is lost: a reset is a way out of all of these. The caller closes the site.
 */
export async function lookForReset(session: Session): Promise<Looked> {
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    return { site, survey: await stage(session, 'look', () => survey(session, site)) };
  } catch (error) {
    await site.close();
    throw error;
  }
}

/**
 * Plans a reset.
 * @param others hosts that stay besides those of the inventory
 * @throws Failure `refused` when the rest of etcd would be left without quorum, `usage` for unknown hosts
 */
export function planReset(
  session: Session,
  { site, survey: seen }: Looked,
  hosts: readonly string[],
  others: readonly string[] = [],
): Reset {
  const { inventory } = session;
  const known = new Set(inventory.spec.hosts.map(({ name }) => name));
  const unknown = hosts.filter((host) => !known.has(host));
  if (unknown.length > 0)
    throw new Failure({
      kind: 'usage',
      doing: 'Choosing the hosts to reset',
      said: `not in the inventory: ${unknown.join(', ')}`,
      next: `The inventory has ${[...known].join(', ')}.`,
    });
  const carrying = hasApi(inventory) ? controlPlanes(inventory) : inventory.spec.hosts;
  const endsCluster =
    carrying.every(({ name }) => hosts.includes(name)) && others.every((name) => hosts.includes(name));
  if (!endsCluster) refuseWithoutQuorum(seen, hosts);
  // Where the data is, and not where a changed inventory would have it.
  const dataDirs = new Map(
    [...seen.facts].map(([host, { record }]) => [host, record?.fixed?.etcdDataDir] as const),
  );
  const dataDir = inventory.spec.etcd.local.dataDir;
  return {
    hosts,
    plans: new Map(
      seen.desired.hosts
        .filter(({ host }) => hosts.includes(host))
        .map((wanted) => [wanted.host, resetPlan(wanted, dataDirs.get(wanted.host) ?? dataDir)]),
    ),
    unreachable: new Map([...site.unreachable].filter(([host]) => hosts.includes(host))),
    members: endsCluster ? new Map() : membersOf(seen, hosts),
    endsCluster,
    hasApi: hasApi(inventory),
  };
}

const membersOf = (seen: Survey, hosts: readonly string[]): Map<string, string> =>
  new Map(
    seen.situation.kind === 'live'
      ? seen.situation.etcd.members.flatMap(({ name, id }) =>
          hosts.includes(name) ? [[name, id] as const] : [],
        )
      : [],
  );

function refuseWithoutQuorum(seen: Survey, hosts: readonly string[]): void {
  if (seen.situation.kind !== 'live') {
    if (seen.situation.kind !== 'down' && seen.situation.kind !== 'lost') return;
    throw new Failure({
      kind: 'refused',
      doing: 'Checking what a reset leaves of etcd',
      said: 'etcd has no quorum now, so no member can be removed',
      next: 'Bring the other control planes back first, or reset all of them.',
    });
  }
  const { members, voting } = seen.situation.etcd;
  const left = members.filter(({ name, learner }) => !learner && !hosts.includes(name)).length;
  const healthy = voting.filter((name) => !hosts.includes(name)).length;
  if (healthy > left / 2) return;
  throw new Failure({
    kind: 'refused',
    doing: 'Checking what a reset leaves of etcd',
    said: `of the ${left} members that stay only ${healthy} vote: no quorum`,
    next: 'Bring the other members back first; `podstrap status` shows them. Nothing was changed.',
  });
}

/**
 * Carries a reset out: members and nodes leave the cluster first, then the hosts are put back.
 * @throws Failure `unreachable` at the end when a host left the cluster and could not be put back
 */
export async function runReset(session: Session, site: Site, whole: Reset): Promise<void> {
  const holder = { id: site.lockId, owner: session.owner };
  const names = controlPlanes(session.inventory).map(({ name }) => name);
  // Of a fleet only those that are put back: others may be worked on meanwhile.
  const holders = [...site.transports.values()].filter(
    ({ host }) => whole.hasApi || whole.hosts.includes(host),
  );
  const reset = await underLock(holders, names, holder, async (lock) => {
    // A host that does not give its lock leaves the cluster like one that does not answer, and nothing is changed there.
    const refused = new Map(lock.refused.map((failure) => [failure.where.host!, failure]));
    const ours = withoutHosts(whole, refused);
    const held = whileHeld(session, lock);
    if (refused.size > 0) site.setAside(new Failures(lock.refused));
    await stage(held, 'leave', () => leaveCluster(held, site, ours));
    await stage(held, 'reset', () =>
      onHosts(held, 'reset', [...ours.plans.keys()], async (host) => {
        await putBack(held, site.transports.get(host)!, ours.plans.get(host)!, lock);
        return 'put back';
      }),
    );
    await forget(session, ours);
    return ours;
  });
  const left = [...reset.unreachable].map(([host, failure]) => notPutBack(reset, host, failure));
  if (left.length > 0) throw left.length === 1 ? left[0]! : new Failures(left);
}

const withoutHosts = (reset: Reset, refused: ReadonlyMap<string, Failure>): Reset => ({
  ...reset,
  plans: new Map([...reset.plans].filter(([host]) => !refused.has(host))),
  unreachable: new Map([
    ...reset.unreachable,
    ...[...refused].filter(([host]) => reset.hosts.includes(host)),
  ]),
});

const notPutBack = (reset: Reset, host: string, { said }: Failure): Failure =>
  new Failure({
    kind: 'unreachable',
    doing: 'Putting the host back',
    where: { host },
    said: [
      said ?? 'it does not answer',
      ...(reset.members.has(host) ? ['its member has left etcd, and the cluster lives on without it'] : []),
      'nothing was deleted on the host itself',
    ].join('\n'),
    next: 'When it answers, run the same reset again: what is gone already is passed over. If it never will, take it out of spec.hosts.',
  });

async function leaveCluster(session: Session, site: Site, reset: Reset): Promise<void> {
  if (reset.endsCluster) return;
  const { keys, inventory } = session;
  const peer = controlPlanes(inventory).find(
    ({ name }) => !reset.hosts.includes(name) && site.transports.has(name),
  );
  if (peer === undefined) return;
  const transport = site.transports.get(peer.name)!;
  const etcd = etcdOn(keys, transport);
  const kube = kubeOn(session, transport, peer);
  try {
    for (const id of reset.members.values()) {
      await requireLock(transport, site.lockId);
      await etcd.remove(id);
    }
    for (const name of reset.hosts) {
      await requireLock(transport, site.lockId);
      // A node that stays listed is a blemish, not a danger: the reset goes on.
      await kube
        .remove({ apiVersion: 'v1', kind: 'Node', metadata: { name } })
        .catch((error: Error) =>
          session.emit({ event: 'warning', host: name, message: `its Node object stays: ${error.message}` }),
        );
    }
  } finally {
    etcd.close();
    kube.close();
  }
}

/** The operator forgets the births of members that are gone; the whole record goes with the last of them. */
async function forget(session: Session, reset: Reset): Promise<void> {
  const record = await session.record.load();
  if (record === undefined) return;
  // A host that still has its data must find a cluster that knows it.
  if (reset.endsCluster) {
    if (reset.unreachable.size > 0) return;
    await session.generations.keepOnly([]);
    await session.rollouts.remove();
    return session.record.remove();
  }
  const staying = <T>(byHost: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(byHost).filter(([host]) => !reset.hosts.includes(host)));
  await session.record.save({
    ...record,
    etcd: staying(record.etcd),
    // A fleet knows its hosts until they are put back.
    ...(reset.hasApi || record.hosts === undefined
      ? {}
      : { hosts: record.hosts.filter(({ name }) => !reset.plans.has(name)) }),
    ...(record.pods === undefined ? {} : { pods: staying(record.pods) }),
  });
}
