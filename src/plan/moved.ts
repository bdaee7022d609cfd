import { describeStep, type Plan, type Step, stepKey } from './step.js';

const on = ({ host }: Step): string => (host === '' ? 'cluster' : host);

/** Steps of `now` that `approved` does not have, as sentences. Pure. */
export function additions(approved: Plan, now: Plan): readonly string[] {
  const known = new Set(approved.steps.map(stepKey));
  return now.steps
    .filter((step) => !known.has(stepKey(step)))
    .map((step) => `${on(step)}: it would now also ${describeStep(step)} (${step.reason})`);
}

/** All in which `now` is another plan than `approved`, as sentences: steps that came, went, or meet something else. Pure. */
export function differences(approved: Plan, now: Plan): readonly string[] {
  const wanted = new Map(now.steps.map((step) => [stepKey(step), step]));
  const others = approved.steps.flatMap((step) => {
    const same = wanted.get(stepKey(step));
    if (same === undefined) return [`${on(step)}: it would no longer ${describeStep(step)}`];
    return same.replaces === step.replaces
      ? []
      : [`${on(step)}: what is there now is not what was there: ${describeStep(step)}`];
  });
  return [...additions(approved, now), ...others];
}
