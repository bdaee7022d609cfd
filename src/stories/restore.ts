import { awaitMembers } from '../apply/etcd/await-members.js';
import { haltAll, makeAll, type RestoreCrew, resumeAll, takeAll } from '../apply/etcd/restore-stages.js';
import { lossFirst, takeLock, whileHeld } from '../apply/lock/lock.js';
import { stage } from '../apply/stage.js';
import { etcdMarkerPath } from '../desired/pods/etcd-marker.js';
import { bornTogether } from '../desired/settled.js';
import { Failure, Failures } from '../failure.js';
import { controlPlanes, type Host } from '../inventory/inventory.js';
import type { ClusterRecord, HostFacts } from '../observed/facts.js';
import type { HostJournalEntry } from '../observed/memory/generation.js';
import { refuseOtherMachines } from '../plan/refuse/other-machine.js';
import { refusals } from '../plan/refuse/refusals.js';
import { situationOf } from '../plan/situation.js';
import { digestOf } from '../secrets/digest.js';
import { observeAll, probeRequests } from '../survey/look-at-hosts.js';
import { openSite, type Site } from '../survey/open-site.js';
import { recallRecord } from '../survey/recall-record.js';
import type { SavedSnapshot, Session } from '../survey/session.js';
import { requireSnapshotKeys } from './encryption/require-snapshot-keys.js';

/**
 * Going back to a snapshot of etcd. It changes etcd's data and nothing else: what else differs from the inventory
 * afterwards is shown by `plan`, and made by `up`.
 *
 * 1. Every control plane must be reached: the etcd of one that is not would go on with the current data.
 * 2. New data is made of the snapshot beside the old one, on each host, while everything runs: with the etcdutl of the
 *    image that this host's etcd runs, for one cluster of all these members under a token of its own. What fails up to
 *    here has changed nothing.
 * 3. All control planes stop, manifests in place: kubelets first, then what they run. From here on each host has a note
 *    that a restore is under way, which `up` refuses. What fails now starts them again with the old data.
 * 4. The old data is set aside, never deleted, and the new one takes its place, with the marker of the member's birth.
 * 5. The note goes, kubelets start, and gates are awaited.
 *
 * Nothing of it is remembered between two tries: cut off anywhere, the same command starts over and leads to the same end.
 * If a host loses power meanwhile, its kubelet starts what is there; members of old and new data do not listen to one
 * another, since their clusters have different ids. A control plane without podstrap's etcd, such as a host that was made
 * anew, gets no data: it joins with the next `up`, as a learner of the cluster that then lives.
 */
export interface Restore {
  readonly site: Site;
  readonly snapshot: SavedSnapshot;
  /** Control planes that get the snapshot's data, in the order of the inventory. */
  readonly members: readonly Host[];
  /** Control planes that do not. */
  readonly joining: readonly Host[];
  /** Path of the birth marker that a member's manifest demands. */
  markerOf(host: Host): string;
}

/**
 * Connects, looks, and tells what a restore would do. Reads only. The caller closes the site.
 * @param skipKeyCheck restores data although nobody has the keys that they are encrypted with
 * @throws Failure, Failures: `unreachable` without every control plane, `refused`
 */
export async function openRestore(
  session: Session,
  snapshot: SavedSnapshot,
  { skipKeyCheck = false }: { readonly skipKeyCheck?: boolean } = {},
): Promise<Restore> {
  if (!skipKeyCheck) await requireSnapshotKeys(session, snapshot);
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    requireAll(session, site);
    const facts = await stage(session, 'look', () => observeAll(session, site, probeRequests(session)));
    requireAll(session, site);
    const record = await session.record.load();
    refuseOthers(session, record, facts);
    const known = record ?? (await recallRecord(session, facts, true));
    const births = { ...bornTogether(session.inventory), ...known?.etcd };
    const isMember = ({ name }: Host) => facts.get(name)!.manifestNames.includes('etcd.yaml');
    const all = controlPlanes(session.inventory);
    const members = all.filter(isMember);
    if (members.length === 0) throw nowhere(all);
    return {
      site,
      snapshot,
      members,
      joining: all.filter((host) => !isMember(host)),
      markerOf: ({ name }) => etcdMarkerPath(session.inventory, births[name]!),
    };
  } catch (error) {
    await site.close();
    throw error;
  }
}

const refused = (host: string, said: string, next: string): Failure =>
  new Failure({ kind: 'refused', doing: 'Restoring a snapshot', where: { host }, said, next });

function requireAll({ inventory, emit }: Session, { unreachable, leaving }: Site): void {
  const away = controlPlanes(inventory).flatMap(({ name }) => unreachable.get(name) ?? []);
  if (away.length > 0)
    throw new Failures(
      away.map((failure) =>
        failure.saying(
          'its etcd would keep the current data while the others are restored',
          'Bring it back. If it never comes back, take it out of spec.hosts and keep it off. Nothing was changed.',
        ),
      ),
    );
  for (const { known, way } of leaving) {
    if (!(way instanceof Failure))
      throw refused(
        known.name,
        'it has left the inventory, and it is still there: its etcd would keep the current data',
        'Put it back into spec.hosts, or let it leave first with `podstrap up`. Nothing was changed.',
      );
    emit({
      event: 'warning',
      host: known.name,
      message: 'it has left the inventory and does not answer. Keep it off: its etcd has the current data',
    });
  }
}

/** What makes no sense whatever the data is. That etcd has no quorum, or has lost its data, is what a restore is for. */
function refuseOthers(
  { inventory, keys }: Session,
  record: ClusterRecord | undefined,
  facts: ReadonlyMap<string, HostFacts>,
): void {
  refuseOtherMachines(inventory, keys.clusterId, record, facts);
  situationOf({ inventory, record, clusterId: keys.clusterId, facts, etcd: undefined });
  const etcd = { members: [], voting: [], leader: undefined };
  const sound = new Map([...facts].map(([name, { restoring: _begun, ...fact }]) => [name, fact]));
  const found = refusals({
    inventory,
    record,
    facts: sound,
    situation: { kind: 'live', etcd, leaseHolders: [] },
    arrivals: new Map(),
  });
  if (found.length > 0) throw new Failures(found);
}

const nowhere = (all: readonly Host[]): Failure =>
  refused(
    all.map(({ name }) => name).join(', '),
    'no control plane has an etcd of podstrap’s to bring the snapshot to',
    'Make a cluster first: `podstrap reset --all`, then `podstrap up`. Then run this again.',
  );

/**
 * Makes, stops, takes, starts, verifies.
 * @throws Failure, Failures; what to do next tells whether anything was changed
 */
export async function runRestore(session: Session, restore: Restore): Promise<void> {
  const { site, members, joining, snapshot, markerOf } = restore;
  const { transports, lockId } = site;
  const all = [...members, ...joining].map(({ name }) => name);
  const steps = members.map(({ name }) => ({
    host: name,
    step: `bring back etcd’s data of ${snapshot.savedAt.toISOString()}`,
    reason: `${snapshot.path} (${snapshot.sha256.slice(0, 12)})`,
  }));
  const plan = digestOf(JSON.stringify(steps));
  session.emit({ event: 'planned', plan, steps });
  const lock = await takeLock([...transports.values()], all, { id: lockId, owner: session.owner });
  const crew: RestoreCrew = {
    session: whileHeld(session, lock),
    transports,
    lockId,
    snapshot,
    members,
    all,
    markerOf,
  };
  try {
    await makeAll(crew);
    await haltAll(crew);
    await takeAll(crew);
    for (const step of steps) session.emit({ event: 'step', ...step });
    await resumeAll(crew, journalEntry(session, plan));
    await stage(session, 'verify', () => awaitMembers(crew.session, transports, members));
  } catch (error) {
    throw lossFirst(lock, error);
  } finally {
    await lock.release();
  }
}

const journalEntry = ({ run, now, owner, version }: Session, plan: string): HostJournalEntry => ({
  run,
  time: now().toISOString(),
  by: owner,
  podstrap: version,
  plan,
  steps: 1,
  result: 'done',
});
