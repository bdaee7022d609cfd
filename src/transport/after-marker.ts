import type { Sink } from './output.js';

/** A stream whose first part, up to a line that is the marker, is somebody else's. */
export interface Marked {
  readonly take: Sink;
  /** Whether the marker has come. */
  passed(): boolean;
  /** What came before the marker, its last 64 KiB. */
  before(): string;
}

const limit = 64 * 1024;

/** Bytes that somebody else may say before it. */
const most = 256 * 1024;

/** Passes to `sink` what follows the line `marker`, calls `onBefore` when there is more text before it, and `onMore` when that is too much. */
export function afterMarker(
  marker: string,
  sink: Sink,
  events: { onBefore?: (text: string) => void; onPassed?: () => void; onMore?: () => void } = {},
): Marked {
  const line = Buffer.from(`${marker}\n`);
  let early = Buffer.alloc(0);
  let passed = false;
  let size = 0;
  return {
    passed: () => passed,
    before: () => early.toString('utf8'),
    take: (bytes) => {
      if (passed) return sink(bytes);
      const all = Buffer.concat([early, bytes]);
      const found = all.indexOf(line);
      if (found < 0) {
        early = all.subarray(Math.max(0, all.length - limit));
        size += bytes.length;
        if (size > most) return events.onMore?.();
        return events.onBefore?.(early.toString('utf8'));
      }
      passed = true;
      early = all.subarray(0, found);
      events.onPassed?.();
      const rest = all.subarray(found + line.length);
      if (rest.length > 0) sink(rest);
    },
  };
}
