import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../failure.js';
import type { Inventory } from '../../inventory/inventory.js';
import { runRecordSchema } from '../../observed/memory/run-record.js';
import { readSecretIfThere, writeWhole } from '../../pki/store/store-files.js';
import { Secret } from '../../secret.js';
import type { GenerationStore, OwnGeneration } from '../../survey/session.js';
import { jsonText } from '../terminal.js';
import { stateDirectory } from './state-directory.js';

const suffix = '.json';

const fileSchema = z.strictObject({
  record: runRecordSchema,
  sources: z.array(z.strictObject({ path: z.string(), text: z.string() })).min(1),
});

/** Where the operator's own memory of a cluster's runs is. */
export const generationsDirectory = (inventory: Inventory): string =>
  join(stateDirectory(inventory), 'generations');

/** The operator's own memory of runs as files of a folder: inventories are in it with their passwords. */
export function generationFiles(directory: string): GenerationStore {
  const fileOf = (run: string) => join(directory, `${run}${suffix}`);
  const list = async () => {
    const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length))
      .sort();
  };
  return {
    list,
    load: async (run) => {
      const file = fileOf(run);
      const text = (await list()).includes(run) ? readSecretIfThere(file) : undefined;
      return text === undefined ? undefined : read(file, text);
    },
    save: async ({ record, sources }) => {
      const texts = sources.map(({ path, text }) => ({ path, text: text.reveal() }));
      await writeWhole(fileOf(record.run), `${jsonText({ record, sources: texts }, 1)}\n`, 0o600);
    },
    keepOnly: async (runs) => {
      for (const run of await list()) if (!runs.includes(run)) await rm(fileOf(run), { force: true });
    },
  };
}

function read(file: string, text: string): OwnGeneration {
  try {
    const { record, sources } = fileSchema.parse(JSON.parse(text));
    return { record, sources: sources.map(({ path, text: one }) => ({ path, text: new Secret(one) })) };
  } catch (cause) {
    throw new Failure({
      kind: 'keystore',
      doing: `Reading ${file}`,
      said: 'it is not what podstrap writes there',
      next: 'Put it back from a backup, or remove it: then what the control planes say of that run counts.',
      cause,
    });
  }
}
