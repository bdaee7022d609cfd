import { hostOf, type KnownHost } from '../desired/known-host.js';
import { Failure, Failures, isOfOneHost } from '../failure.js';
import { controlPlanes, hasApi, type Inventory } from '../inventory/inventory.js';
import type { ClusterRecord } from '../observed/facts.js';
import { newLockId } from '../operator/lock-id.js';
import type { Situation } from '../plan/situation.js';
import type { Transport } from '../transport/transport.js';
import type { Session } from './session.js';
import { stragglers } from './stragglers.js';

/** A host that is to leave the cluster, with the way to it, or why there is none. */
export interface LeavingHost {
  readonly known: KnownHost;
  readonly way: Transport | Failure;
}

/** The hosts of one run: open connections, and the failures of those that could not be reached. */
export interface Site {
  readonly transports: ReadonlyMap<string, Transport>;
  readonly unreachable: ReadonlyMap<string, Failure>;
  /** Hosts that podstrap has worked on and that the inventory no longer has. */
  readonly leaving: readonly LeavingHost[];
  /** What this run writes into locks. */
  readonly lockId: string;
  /**
   * @param limit the hosts that are to be changed, when not all are
   * @throws Failures when too few hosts were reached for what the situation asks
   */
  requireEnough(situation: Situation, limit?: readonly string[]): void;
  /**
   * Passes over hosts that cannot be made sense of: from here on they are among the unreachable.
   * @throws what was thrown, when it is about no such host, or when no host is left
   */
  setAside(error: unknown): void;
  close(): Promise<void>;
}

/** Connects to every host of the inventory, and to those that have left it. @throws Failures when no host, or one with a permanent error, was reached */
export async function openSite(session: Session): Promise<Site> {
  const { inventory, emit } = session;
  const record = await session.record.load();
  const gone = hostsThatLeft(inventory, record);
  const ways = await session.connect([...inventory.spec.hosts, ...gone.map(hostOf)]);
  let leaving: readonly LeavingHost[] = gone.map((known) => ({ known, way: ways.get(known.name)! }));
  const transports = new Map<string, Transport>();
  const unreachable = new Map<string, Failure>();
  for (const { name } of inventory.spec.hosts) {
    const way = ways.get(name)!;
    if (way instanceof Failure) unreachable.set(name, judged(way, name, record));
    else transports.set(name, way);
  }
  const close = async () => {
    const others = leaving.flatMap(({ way }) => (way instanceof Failure ? [] : [way]));
    await Promise.all([...transports.values(), ...others].map((transport) => transport.close()));
  };
  const wayOfLeaving = (host: string): Transport | undefined => {
    const way = leaving.find(({ known }) => known.name === host)?.way;
    return way instanceof Failure ? undefined : way;
  };
  // A key, user or host key that is wrong is the operator's to mend: going on without that host would hide it. Hosts that have
  // nothing to do with one another wait for that, each for itself.
  const permanent = hasApi(inventory)
    ? [...unreachable.values()].filter(({ kind }) => kind !== 'unreachable')
    : [];
  if (permanent.length > 0 || transports.size === 0) {
    await close();
    throw together([...unreachable.values()]);
  }
  return {
    transports,
    unreachable,
    get leaving() {
      return leaving;
    },
    lockId: newLockId(),
    close,
    setAside: (error) => {
      const failures = error instanceof Failures ? error.failures : [error];
      const strange = failures.filter(isOfOneHost);
      const staying = [...transports.keys()].filter((name) =>
        strange.every(({ where }) => where.host !== name),
      );
      if (strange.length < failures.length || staying.length === 0) throw error;
      for (const failure of strange) {
        const { host } = failure.where;
        const way = transports.get(host!) ?? wayOfLeaving(host!);
        if (way === undefined) throw error;
        void way.close().catch(() => undefined);
        if (transports.delete(host!)) unreachable.set(host!, failure);
        else leaving = leaving.map((one) => (one.known.name === host ? { ...one, way: failure } : one));
      }
    },
    requireEnough: (situation, limit) => {
      if (unreachable.size === 0) return;
      if (situation.kind === 'standalone') {
        for (const [host, failure] of unreachable)
          if (limit?.includes(host) ?? true)
            emit({ event: 'warning', host, message: `pending: ${failure.message}` });
        return;
      }
      const needed = [...unreachable].filter(([host]) => limit?.includes(host) ?? true);
      const missed = needed.map(([, failure]) => failure);
      if (missed.length > 0 && (limit !== undefined || situation.kind !== 'live')) throw together(missed);
      if (situation.kind !== 'live') return;
      const missing = controlPlanes(inventory).filter(({ name }) => unreachable.has(name));
      for (const [host, failure] of unreachable)
        emit({ event: 'warning', host, message: `skipped: ${failure.message}` });
      const voters = situation.etcd.members.filter(({ learner }) => !learner).length;
      if (voters > 1 && voters - missing.length - 1 <= voters / 2)
        emit({
          event: 'warning',
          message: 'control planes are missing: no other one will be restarted, etcd would lose quorum',
        });
    },
  };
}

/**
 * Asks every host that can be reached. One whose answer makes no sense, or that does not end it, is passed over like one
 * that cannot be reached: nobody suffers for it.
 * @param ask `late` is aborted when most of the others ended long ago
 * @throws what is about no single host, or what all of them threw
 */
export async function askEach<T>(
  site: Pick<Site, 'transports' | 'setAside'>,
  ask: (transport: Transport, late: AbortSignal) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const asked = [...site.transports];
  const results = await eachInTime(asked, ask);
  const failed = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const defect = failed.find((error) => !(error instanceof Failure || error instanceof Failures));
  if (defect !== undefined) throw defect;
  const failures = failed.flatMap((error) =>
    error instanceof Failures ? error.failures : [error as Failure],
  );
  if (failures.length > 0) site.setAside(together(failures));
  return new Map(
    asked.flatMap(([name], index) => {
      const result = results[index]!;
      return result.status === 'fulfilled' ? [[name, result.value] as const] : [];
    }),
  );
}

/** The same work on each of these hosts; those that do not come to an end are given up some time after the others did. */
export async function eachInTime<T, R>(
  hosts: readonly (readonly [string, T])[],
  work: (of: T, late: AbortSignal) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const waiting = stragglers(
    hosts.map(([name]) => name),
    'Looking at the host',
  );
  return Promise.allSettled(
    hosts.map(([name, of]) => work(of, waiting.signalOf(name)).finally(() => waiting.ended(name))),
  );
}

/** Before a cluster lives there is nothing to leave. */
const hostsThatLeft = (inventory: Inventory, record: ClusterRecord | undefined): readonly KnownHost[] =>
  record?.bootstrapped === true && hasApi(inventory)
    ? (record.hosts ?? []).filter(({ name }) => inventory.spec.hosts.every((host) => host.name !== name))
    : [];

/**
 * The name of a host that was never there, and that nobody knows, is a mistake in the inventory. One that was there may
 * have taken its name with it, as machines do that have it from a DHCP server.
 */
function judged(failure: Failure, host: string, record: ClusterRecord | undefined): Failure {
  const { cause, doing, where, said = '', next = '' } = failure;
  const isNameless = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOTFOUND';
  const wasThere = record?.hosts?.some(({ name }) => name === host) ?? false;
  return isNameless && !wasThere
    ? new Failure({ kind: 'inventory', doing, where, said, next, cause })
    : failure;
}

const together = (failures: readonly Failure[]): Error =>
  failures.length === 1 ? failures[0]! : new Failures(failures);
