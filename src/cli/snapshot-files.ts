import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../failure.js';
import type { SnapshotStore } from '../session.js';

/** Snapshots that stay: each is the whole of a cluster's data, secrets included, and may be large. */
const kept = 5;

const suffix = '.db';

/** Snapshots as files of a folder; of those beyond the number kept the oldest go, by their names. */
export function snapshotFiles(directory: string): SnapshotStore {
  const ready = () => mkdir(directory, { recursive: true, mode: 0o700 });
  return {
    room: async () => {
      await ready();
      return roomAt(directory);
    },
    save: async (name, bytes) => {
      await ready();
      const file = join(directory, `${name}${suffix}`);
      await writeWhole(file, bytes);
      const all = (await readdir(directory)).filter((one) => one.endsWith(suffix)).sort();
      for (const old of all.slice(0, -kept)) await rm(join(directory, old));
      return file;
    },
  };
}

/** A snapshot in a file of the operator's choice. */
export const snapshotFile = (file: string): SnapshotStore => ({
  room: () => roomAt(dirname(resolve(file))),
  save: async (_name, bytes) => {
    await writeWhole(resolve(file), bytes);
    return resolve(file);
  },
});

async function roomAt(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** @throws Failure `keystore` when this machine's disk does not take it; whatever reading `bytes` throws */
async function writeWhole(file: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const part = join(dirname(file), `.${basename(file)}.part`);
  try {
    await rm(part, { force: true });
    const handle = await open(part, 'wx', 0o600);
    try {
      for await (const chunk of bytes) await handle.write(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
    const folder = await open(dirname(file), 'r');
    await folder.sync();
    await folder.close();
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    if (error instanceof Failure || (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new Failure({
      kind: 'keystore',
      doing: `Writing the snapshot ${file}`,
      said: (error as Error).message,
      next: 'Make room there, or choose another place with `podstrap etcd snapshot --out FILE`.',
      cause: error,
    });
  }
}
