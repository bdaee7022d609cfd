import { peerUrl, type Settled } from '../desired/settled.js';
import type { Failure } from '../failure.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Ring } from '../pki/encryption/ring.js';
import { refuseEtcdAccounts } from '../plan/refuse/etcd-account.js';
import { sameMachines } from '../plan/refuse/other-machine.js';
import { refusals } from '../plan/refuse/refusals.js';
import { type EtcdArrival, etcdArrivals, type Situation, situationOf } from '../plan/situation.js';
import type { Looked } from './look-at-all.js';
import type { Site } from './open-site.js';
import { recallRecord } from './recall-record.js';
import type { Session } from './session.js';
import { settleMembers } from './settle-members.js';
import { settlePods } from './settle-pods.js';
import { settleRing } from './settle-ring.js';

/** How the cluster stands, and what is settled for good. */
export interface SettledFacts {
  readonly situation: Situation;
  readonly arrivals: ReadonlyMap<string, EtcdArrival>;
  readonly settled: Settled;
  /** How API servers are to encrypt; undefined where podstrap has no part in it. */
  readonly encryption: Ring | undefined;
  /** True when the operator and every host know that the cluster exists. */
  readonly bootstrapped: boolean;
  /** What the inventory asks for and this cluster cannot take. */
  readonly refused: readonly Failure[];
}

/**
 * Judges what was seen, and settles what it leaves open: members that come into being, and networks of pods.
 * @param asks whether the operator is asked to stand for a record that only hosts have
 */
export async function settleFacts(
  session: Session,
  { transports }: Site,
  { record, facts, etcd, ways }: Looked,
  asks: boolean,
): Promise<SettledFacts> {
  const { inventory, keys } = session;
  const situation = situationOf({ inventory, record, clusterId: keys.clusterId, facts, etcd });
  const arrivals = etcdArrivals(inventory, situation, facts, peerUrls(inventory));
  const known = record ?? (await recallRecord(session, facts, asks));
  const pods = await settlePods(session, transports, {
    facts,
    situation,
    record: known,
    leaving: [...ways.keys()],
  });
  const settled = settleMembers(inventory, keys.clusterId, known, situation, arrivals, pods, facts);
  return {
    situation,
    arrivals,
    settled,
    encryption: await settleRing(session, transports, facts, situation, settled),
    bootstrapped:
      known?.bootstrapped === true && [...facts.values()].every((fact) => fact.record?.bootstrapped === true),
    refused: [
      ...sameMachines(inventory, facts),
      ...refuseEtcdAccounts(facts),
      ...refusals({ inventory, record: known, facts, situation, arrivals }),
    ],
  };
}

const peerUrls = (inventory: Inventory) => {
  const urls = new Map(inventory.spec.hosts.map((host) => [host.name, peerUrl(host)]));
  return (host: string) => urls.get(host)!;
};
