import type { Secret } from '../secret.js';
import { withoutKnown } from '../secrets/mask-secrets.js';
import type { Step } from './step.js';

/** Steps with these texts masked in their diffs, on whichever side they stand. Pure. */
export function withoutHidden(steps: readonly Step[], hidden: readonly Secret[]): readonly Step[] {
  if (hidden.length === 0) return steps;
  const texts = hidden.map((secret) => secret.reveal());
  return steps.map((step) =>
    step.diff === undefined ? step : { ...step, diff: withoutKnown(step.diff, texts) },
  );
}
