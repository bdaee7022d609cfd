import { describeStep, type Plan, type Step, stepKey } from './step.js';

const on = ({ host }: Step): string => (host === '' ? 'cluster' : host);

/** True when a plan could not tell whether it has this step, since no API server answered. Pure. */
export const isUncompared = ({ uncompared = [] }: Plan, { action }: Step): boolean =>
  action.do === 'apply-object' && uncompared.includes(action.object);

/**
 * Steps of `now` that `approved` does not have, as sentences. Objects that `approved` could not compare are no surprise: what
 * they are to be was known. Pure.
 */
function additions(approved: Plan, now: Plan): readonly string[] {
  const known = new Set(approved.steps.map(stepKey));
  return now.steps
    .filter((step) => !known.has(stepKey(step)) && !isUncompared(approved, step))
    .map((step) => `${on(step)}: it would now also ${describeStep(step)} (${step.reason})`);
}

/**
 * What whoever approved a plan could not know of `now`, as sentences: steps that came, and those that meet something else.
 * Steps that have become needless are no surprise. Pure.
 */
export function surprises(approved: Plan, now: Plan): readonly string[] {
  const wanted = new Map(now.steps.map((step) => [stepKey(step), step]));
  const others = approved.steps.flatMap((step) => {
    const same = wanted.get(stepKey(step));
    return same === undefined || same.replaces === step.replaces
      ? []
      : [`${on(step)}: what is there now is not what was there: ${describeStep(step)}`];
  });
  return [...additions(approved, now), ...others];
}

/** All in which `now` is another plan than `approved`, as sentences: its surprises, and steps that went. Pure. */
export function differences(approved: Plan, now: Plan): readonly string[] {
  const kept = new Set(now.steps.map(stepKey));
  const gone = approved.steps
    .filter((step) => !kept.has(stepKey(step)))
    .map((step) =>
      isUncompared(now, step)
        ? `${on(step)}: no API server tells any more whether to ${describeStep(step)}`
        : `${on(step)}: it would no longer ${describeStep(step)}`,
    );
  return [...surprises(approved, now), ...gone];
}
