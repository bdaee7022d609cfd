import { readdir, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  makeOperatorFolder,
  placeOf,
  type Writing,
  writeOperatorFile,
} from '../../operator/operator-file.js';
import type { SnapshotStore } from '../../survey/session.js';

/** Snapshots that stay: each is the whole of a cluster's data, secrets included, and may be large. */
const kept = 5;

const suffix = '.db';

/** Snapshots as files of a folder; of those beyond the number kept the oldest go, by their names. */
export function snapshotFiles(directory: string): SnapshotStore {
  const ready = () => makeOperatorFolder(directory, { what: `the folder ${directory}`, mode: 0o700 });
  return {
    room: async () => {
      await ready();
      return roomAt(directory);
    },
    save: async (name, bytes) => {
      await ready();
      const there = await readdir(directory);
      // What a run that was killed left half-written.
      for (const part of there.filter((one) => one.startsWith('.') && one.endsWith('.part')))
        await rm(join(directory, part), { force: true });
      const file = await write(join(directory, `${name}${suffix}`), bytes);
      const all = (await readdir(directory)).filter((one) => one.endsWith(suffix)).sort();
      for (const old of all.slice(0, -kept)) await rm(join(directory, old));
      return file;
    },
  };
}

/** A snapshot in a file of the operator's choice. */
export const snapshotFile = (file: string): SnapshotStore => ({
  room: async () => roomAt(dirname(await placeOf(file, writing(file)))),
  save: (_name, bytes) => write(file, bytes),
});

async function roomAt(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** Before hosts are looked at. @throws Failure `usage` when no snapshot can be written there */
export const requireSnapshotPlace = async (file: string): Promise<void> =>
  void (await placeOf(file, writing(file)));

const writing = (file: string): Writing => ({
  what: `the snapshot ${file}`,
  mode: 0o600,
  next: 'Free some space there, or choose another place with `podstrap etcd snapshot --out FILE`.',
});

/** @returns where it is @throws Failure `usage` when this machine's disk does not take it; whatever reading `bytes` throws */
async function write(file: string, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  await writeOperatorFile(file, bytes, writing(file));
  return resolve(file);
}
