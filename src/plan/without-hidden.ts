import { withoutKnown } from '../mask-secrets.js';
import type { Secret } from '../secret.js';
import type { Plan } from './step.js';

/** The plan with these texts masked in its diffs, on whichever side they stand. Pure. */
export function withoutHidden(plan: Plan, hidden: readonly Secret[]): Plan {
  if (hidden.length === 0) return plan;
  const texts = hidden.map((secret) => secret.reveal());
  return {
    ...plan,
    steps: plan.steps.map((step) =>
      step.diff === undefined ? step : { ...step, diff: withoutKnown(step.diff, texts) },
    ),
  };
}
