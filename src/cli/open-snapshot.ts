import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { snapshotCheck } from '../cluster/etcd-snapshot.js';
import { Failure } from '../failure.js';
import type { SavedSnapshot } from '../survey/session.js';
import { beginningOf } from './run-id.js';

/**
 * A snapshot of etcd in a file, read once as a whole.
 * @param hashed false for a copy of a member's own file, which no hash ends
 * @throws Failure `usage` when it cannot be read, or is no whole snapshot by the hash at its end
 */
export async function openSnapshot(file: string, hashed = true): Promise<SavedSnapshot> {
  const path = resolve(file);
  const refused = (said: string, cause?: unknown) =>
    new Failure({
      kind: 'usage',
      doing: `Reading the snapshot ${file}`,
      said,
      next: 'Name a file that `podstrap etcd snapshot` or `etcdctl snapshot save` wrote; podstrap’s own are in .podstrap/NAME/snapshots/. Nothing was changed.',
      cause,
    });
  const whole = snapshotCheck();
  const hash = createHash('sha256');
  try {
    const { size, mtime } = await stat(path);
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      whole.take(chunk);
      hash.update(chunk);
    }
    if (hashed && !whole.isWhole())
      throw refused('it is not a complete snapshot: the hash at its end does not match');
    return {
      path,
      hashed,
      size,
      sha256: hash.digest('hex'),
      // podstrap names its own by the run that took them, which is a time that no copying changes.
      savedAt: new Date(beginningOf(basename(path)) ?? mtime),
      bytes: () => createReadStream(path),
    };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw refused((error as Error).message, error);
  }
}
