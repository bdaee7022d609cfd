import { recordSchema } from '../desired/record-schema.js';
import { Failure } from '../failure.js';
import { controlPlanes } from '../inventory/inventory.js';
import type { ClusterRecord, HostFacts } from '../observed/facts.js';
import {
  clusterRecordDigest,
  clusterRecordText,
  type ToldClusterRecord,
  toldClusterRecord,
} from '../plan/documents/told-cluster-record.js';
import { believe, type Hearsay } from './believe.js';
import type { Session } from './session.js';

/**
 * What was settled at the cluster's birth: what the operator's machine remembers, and where that was lost, what control
 * planes agree on and the operator accepts. Then it is remembered again.
 * @param isNeeded false where it is better to go on without it than to stop
 * @returns undefined where nobody remembers anything
 * @throws Failure `refused` when control planes are divided
 */
export async function recallRecord(
  session: Session,
  facts: ReadonlyMap<string, HostFacts>,
  isNeeded: boolean,
): Promise<ClusterRecord | undefined> {
  const own = await session.record.load();
  if (own !== undefined) return own;
  const told = await believe(session, hearsayOf(session, facts)).catch((error: unknown) => {
    if (isNeeded || !(error instanceof Failure) || error.kind !== 'refused') throw error;
    session.emit({ event: 'warning', message: error.message });
    return undefined;
  });
  if (told === undefined) return undefined;
  const bootstrapped = controlPlanes(session.inventory).some(
    ({ name }) => facts.get(name)?.record?.bootstrapped === true,
  );
  const settled = recordSchema.parse(told) as Omit<ClusterRecord, 'bootstrapped'>;
  const record: ClusterRecord = { ...settled, bootstrapped };
  if (session.vouching.remembers) await session.record.save(record);
  return record;
}

function hearsayOf(
  { inventory }: Session,
  facts: ReadonlyMap<string, HostFacts>,
): Hearsay<ToldClusterRecord> {
  const records = controlPlanes(inventory).flatMap(({ name }) => {
    const record = facts.get(name)?.record;
    return record === undefined ? [] : [{ host: name, value: toldClusterRecord(record) }];
  });
  return {
    what: 'the cluster’s record (cluster.json)',
    doing: 'Reading what was settled when the cluster was made',
    said: records.flatMap(({ host, value }) =>
      value === undefined ? [] : [{ host, value, digest: clusterRecordDigest(value) }],
    ),
    unsound: new Map(
      records
        .filter(({ value }) => value === undefined)
        .map(({ host }) => [host, 'its record is not in the form that podstrap writes']),
    ),
    shown: clusterRecordText,
    asksAlways: true,
  };
}
