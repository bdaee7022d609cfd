import { join } from 'node:path';
import { recordSchema } from '../../desired/record-schema.js';
import type { ClusterRecord } from '../../observed/facts.js';
import type { RecordStore } from '../../survey/session.js';
import { jsonStore } from './json-store.js';

/** The cluster's record as a file of the keystore's directory. */
export const recordFile = (directory: string): RecordStore =>
  jsonStore(join(directory, 'cluster.json'), (json) => withSoundPods(json as ClusterRecord), {
    said: 'it is not JSON',
    next: 'Remove it: podstrap reads the record again from the hosts.',
  });

/** Earlier versions kept whatever hosts said of their addresses: what is none is left out, and found anew. */
function withSoundPods(record: ClusterRecord): ClusterRecord {
  if (record.pods === undefined) return record;
  return { ...record, pods: recordSchema.shape.pods.parse(record.pods)! };
}
