import { type ResetPlan, resetPlan, resetScript } from './apply/reset-script.js';
import { lastLines } from './apply/run-fenced.js';
import { onHosts, stage } from './apply/stage.js';
import { etcdClient } from './cluster/etcd.js';
import { Failure } from './failure.js';
import { controlPlanes } from './inventory/inventory.js';
import type { Site } from './open-site.js';
import { kubeOn, type Session } from './session.js';
import type { Survey } from './survey.js';

/** What a reset of some hosts will do. */
export interface Reset {
  readonly hosts: readonly string[];
  readonly plans: ReadonlyMap<string, ResetPlan>;
  /** Etcd members to remove first, by host. */
  readonly members: ReadonlyMap<string, string>;
  /** True when no control plane is left afterwards: the cluster ends. */
  readonly endsCluster: boolean;
}

/**
 * Plans a reset. @throws Failure `refused` when the rest of etcd would be left without quorum, `usage` for unknown hosts
 */
export function planReset(session: Session, seen: Survey, hosts: readonly string[]): Reset {
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
  const staying = controlPlanes(inventory).filter(({ name }) => !hosts.includes(name));
  const endsCluster = staying.length === 0;
  if (!endsCluster) refuseWithoutQuorum(seen, hosts);
  const dataDir = inventory.spec.etcd.local.dataDir;
  return {
    hosts,
    plans: new Map(
      seen.desired.hosts
        .filter(({ host }) => hosts.includes(host))
        .map((wanted) => [wanted.host, resetPlan(wanted, dataDir)]),
    ),
    members: endsCluster ? new Map() : membersOf(seen, hosts),
    endsCluster,
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
      said: 'etcd has no quorum now, so a member cannot be removed',
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

/** Carries a reset out: members and nodes leave the cluster first, then the hosts are put back. */
export async function runReset(session: Session, site: Site, reset: Reset): Promise<void> {
  await stage(session, 'leave', () => leaveCluster(session, site, reset));
  await stage(session, 'reset', () =>
    onHosts(session, 'reset', reset.hosts, async (host) => {
      const { code, stdout } = await site.transports.get(host)!.exec({
        script: resetScript(reset.plans.get(host)!),
        timeoutMs: 180_000,
      });
      if (code === 0) return 'put back';
      throw new Failure({
        kind: 'apply',
        doing: 'Putting the host back',
        where: { host },
        said: `exit code ${code}: ${lastLines(stdout, 6)}`,
        next: 'Run the same reset again: what is gone already is passed over.',
      });
    }),
  );
  await forget(session, reset);
}

async function leaveCluster(session: Session, site: Site, reset: Reset): Promise<void> {
  if (reset.endsCluster) return;
  const { keys, inventory } = session;
  const peer = controlPlanes(inventory).find(
    ({ name }) => !reset.hosts.includes(name) && site.transports.has(name),
  );
  if (peer === undefined) return;
  const transport = site.transports.get(peer.name)!;
  const etcd = etcdClient(transport, keys.authorities['etcd-ca'].certificate, keys.operator.etcd);
  const kube = kubeOn(session, transport, peer);
  try {
    for (const id of reset.members.values()) await etcd.remove(id);
    for (const name of reset.hosts) {
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
  if (reset.endsCluster) return session.record.remove();
  const etcd = Object.fromEntries(
    Object.entries(record.etcd).filter(([host]) => !reset.hosts.includes(host)),
  );
  await session.record.save({ ...record, etcd });
}
