import { join } from 'node:path';
import { Failure } from '../../failure.js';
import { withStoreLock } from '../../pki/store/store-lock.js';
import { rolloutRecordSchema } from '../../plan/rollout/rollout-record.js';
import type { RolloutStore } from '../../survey/session.js';
import { jsonStore } from './json-store.js';

/** The record of a fleet's roll-out as a file beside its keystore, with a lock of its own. */
export const rolloutFile = (directory: string): RolloutStore => ({
  ...jsonStore(join(directory, 'rollout.json'), (json) => rolloutRecordSchema.parse(json), {
    said: 'it is not what podstrap writes',
    next: 'Put it back from a backup. Without it the roll-out begins again with its first stage: remove it when that will do.',
  }),
  alone: (work) => withStoreLock(join(directory, 'rollout', '.lock'), work, alreadyAtWork),
});

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
