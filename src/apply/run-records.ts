import type { Desired } from '../desired/resource.js';
import { keptSources } from '../inventory/kept-sources.js';
import type { HostFacts } from '../observed/facts.js';
import { madeOf, type RunRecord } from '../observed/memory/run-record.js';
import { readRunRecord } from '../observed/memory/run-records.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import type { Transport } from '../transport/transport.js';

/**
 * What this run has led to, for control planes and the operator's machine.
 * @param made what is wanted now that it is over
 * @param hosts those that the run was about
 */
export const runRecord = (
  { inventory, keys, run }: Session,
  { transports }: Site,
  { settled }: Survey,
  made: Desired,
  hosts: readonly string[],
  rollbackTo: string | undefined,
): RunRecord => ({
  apiVersion: 'podstrap.io/v1alpha1',
  kind: 'RunRecord',
  run,
  ...(rollbackTo === undefined ? {} : { rollbackTo }),
  sources: [...keptSources(inventory.sources)],
  made: madeOf(
    { inventory, desired: made, settled, keys },
    hosts,
    [...transports.keys()].every((host) => hosts.includes(host)),
  ),
});

/**
 * What a control plane keeps of earlier runs as an earlier podstrap did, with inventories as they were written: without
 * their secrets now. It goes back to that very host.
 */
export async function earlierRecords(
  transport: Transport,
  { leftovers }: Pick<HostFacts, 'leftovers'>,
): Promise<readonly RunRecord[]> {
  const told = await Promise.all((leftovers?.inventories ?? []).map((run) => readRunRecord(transport, run)));
  return told.flatMap((one) => (one === undefined || 'damaged' in one ? [] : [one]));
}
