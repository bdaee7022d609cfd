import { statSync, watch } from 'node:fs';

/** Milliseconds between two looks where the system has no watch left to give. */
const pollInterval = 50;

/**
 * Calls back when a file is made, replaced or removed in a directory. Linux
 * allows each user a small number of inotify instances (128 by default), which containers and machines share: where
 * there is none left, the directory's time of change is looked at instead.
 * @returns what ends it
 */
export function watchDirectory(path: string, changed: () => void): () => void {
  try {
    const watcher = watch(path, { persistent: false }, changed);
    // The directory goes away when the power does.
    watcher.on('error', () => undefined);
    return () => watcher.close();
  } catch {
    return pollDirectory(path, changed);
  }
}

/** The same by looking from time to time. */
export function pollDirectory(path: string, changed: () => void): () => void {
  let last = timeOf(path);
  const timer = setInterval(() => {
    const time = timeOf(path);
    if (time === last) return;
    last = time;
    changed();
  }, pollInterval);
  timer.unref();
  return () => clearInterval(timer);
}

const timeOf = (path: string): bigint =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 0n;
