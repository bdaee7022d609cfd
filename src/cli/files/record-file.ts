import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { recordSchema } from '../../desired/record-schema.js';
import { Failure } from '../../failure.js';
import type { ClusterRecord } from '../../observed/facts.js';
import { writeOperatorFile } from '../../operator/operator-file.js';
import type { RecordStore } from '../../survey/session.js';
import { jsonText } from '../terminal.js';

/** The cluster's record as a file of the keystore's directory. */
export function recordFile(directory: string): RecordStore {
  const file = join(directory, 'cluster.json');
  return {
    load: async () => {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      try {
        return withSoundPods(JSON.parse(text) as ClusterRecord);
      } catch (cause) {
        throw new Failure({
          kind: 'keystore',
          doing: `Reading ${file}`,
          said: 'it is not JSON',
          next: 'Remove it: podstrap reads the record again from the hosts.',
          cause,
        });
      }
    },
    remove: () => rm(file, { force: true }),
    save: async (record) => {
      await writeOperatorFile(file, `${jsonText(record, 2)}\n`, { what: file, mode: 0o600 });
    },
  };
}

/** Earlier versions kept whatever hosts said of their addresses: what is none is left out, and found anew. */
function withSoundPods(record: ClusterRecord): ClusterRecord {
  if (record.pods === undefined) return record;
  return { ...record, pods: recordSchema.shape.pods.parse(record.pods)! };
}
