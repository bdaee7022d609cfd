import type { Secret } from '../secret.js';
import { mask, withoutKnown } from '../secrets/mask-secrets.js';
import type { Step } from './step.js';

/** Steps with these texts masked in their diffs, on whichever side they stand, and with those that they take the place of. Pure. */
export function withoutHidden(steps: readonly Step[], hidden: readonly Secret[]): readonly Step[] {
  if (hidden.length === 0) return steps;
  const texts = hidden.map((secret) => secret.reveal()).filter((text) => text !== '');
  return steps.map((step) =>
    step.diff === undefined ? step : { ...step, diff: withoutKnown(withoutEarlier(step.diff, texts), texts) },
  );
}

/**
 * A line that goes and is, but for a hidden text, one that comes, holds what stood there before: most likely the same secret,
 * of an earlier time, which nobody remembers.
 */
function withoutEarlier(diff: string, texts: readonly string[]): string {
  const lines = diff.split('\n');
  const frames = lines
    .filter((line) => line.startsWith('+'))
    .flatMap((line) => frameOf(line.slice(1), texts));
  if (frames.length === 0) return diff;
  return lines
    .map((line) => {
      const gone = line.startsWith('-') ? line.slice(1) : undefined;
      const frame = frames.find(
        ({ before, after }) =>
          gone?.startsWith(before) && gone.endsWith(after) && gone.length > before.length + after.length,
      );
      return frame ? `-${frame.before}${mask}${frame.after}` : line;
    })
    .join('\n');
}

/** What stands around the hidden texts of a line. */
function frameOf(line: string, texts: readonly string[]): readonly { before: string; after: string }[] {
  const there = texts.filter((text) => line.includes(text));
  if (there.length === 0) return [];
  const start = Math.min(...there.map((text) => line.indexOf(text)));
  const end = Math.max(...there.map((text) => line.lastIndexOf(text) + text.length));
  return [{ before: line.slice(0, start), after: line.slice(end) }];
}
