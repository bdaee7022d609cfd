import { hasApi } from '../inventory/inventory.js';
import type { ClusterRecord, HostFacts } from '../observed/facts.js';
import { type EtcdView, expectEtcd } from '../observed/views/etcd-view.js';
import type { Leaving } from '../plan/leave/leave-steps.js';
import { refuseOtherMachines } from '../plan/refuse/other-machine.js';
import type { Transport } from '../transport/transport.js';
import { judgeLeaving, lookAtLeaving, waysOfLeaving } from './leaving.js';
import { observeAll, probeRequests, setForeignAside } from './look-at-hosts.js';
import type { Site } from './open-site.js';
import { type BegunApi, beginApi, noteApiPort, type Session } from './session.js';

/** What hosts and etcd have said, before anybody asks what is wanted of them. */
export interface Looked {
  /** The operator's own record. */
  readonly record: ClusterRecord | undefined;
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly etcd: EtcdView | undefined;
  /** The way to an API server, where one is to be expected. */
  readonly begunApi: BegunApi | undefined;
  /** Hosts that have left the inventory, as far as they can be seen. */
  readonly leaving: readonly Leaving[];
  /** The ways to those of them that were found. */
  readonly ways: ReadonlyMap<string, Transport>;
  readonly factsOfLeaving: ReadonlyMap<string, HostFacts>;
}

/**
 * Looks at every host, at those that have left the inventory, and at etcd. Reads only.
 * @param waits give kubelets that have only just started the time to bring up their pods
 * @throws Failure, Failures when a host cannot be looked at, or belongs to another cluster
 */
export async function lookAtAll(session: Session, site: Site, waits: boolean): Promise<Looked> {
  const { transports, leaving: gone } = site;
  const { inventory, keys } = session;
  const requestFor = probeRequests(session);
  const record = await session.record.load();
  const etcdOf = expectEtcd(transports, membersIn(record, transports), keys);
  const begunApi =
    record?.bootstrapped === true && hasApi(inventory) ? beginApi(session, transports) : undefined;
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
  return { record, facts, etcd, begunApi, leaving, ways, factsOfLeaving };
}

/** The hosts that had a member when the cluster was noted. */
const membersIn = (
  record: ClusterRecord | undefined,
  transports: ReadonlyMap<string, Transport>,
): string[] =>
  record?.bootstrapped === true ? Object.keys(record.etcd).filter((host) => transports.has(host)) : [];

/** Without data there is no member to ask. */
const hostsWithEtcd = (facts: ReadonlyMap<string, HostFacts>): string[] =>
  [...facts.values()].flatMap(({ etcdData, host }) => (etcdData ? [host] : []));
