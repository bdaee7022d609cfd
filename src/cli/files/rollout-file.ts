import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure.js';
import { writeOperatorFile } from '../../operator/operator-file.js';
import { withStoreLock } from '../../pki/store/store-lock.js';
import { rolloutRecordSchema } from '../../plan/rollout/rollout-record.js';
import type { RolloutStore } from '../../survey/session.js';
import { jsonText } from '../terminal.js';

/** The record of a fleet's roll-out as a file beside its keystore, with a lock of its own. */
export function rolloutFile(directory: string): RolloutStore {
  const file = join(directory, 'rollout.json');
  return {
    load: async () => {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      try {
        return rolloutRecordSchema.parse(JSON.parse(text));
      } catch (cause) {
        throw new Failure({
          kind: 'keystore',
          doing: `Reading ${file}`,
          said: 'it is not what podstrap writes',
          next: 'Put it back from a backup. Without it the roll-out begins again with its first stage: remove it when that will do.',
          cause,
        });
      }
    },
    remove: () => rm(file, { force: true }),
    save: async (record) => {
      await writeOperatorFile(file, `${jsonText(record, 2)}\n`, { what: file, mode: 0o600 });
    },
    alone: (work) => withStoreLock(join(directory, 'rollout', '.lock'), work, alreadyAtWork),
  };
}

const alreadyAtWork = {
  patienceMs: 500,
  failure: (file: string, holder: string): Failure =>
    new Failure({
      kind: 'locked',
      doing: 'Opening the record of the roll-out',
      said: `another podstrap on this machine works on it: ${holder}`,
      next: `Wait for it to end. When there is no such process, remove ${file}. Nothing was changed.`,
    }),
};
