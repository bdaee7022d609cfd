import { describeStep, type Plan, type Step, stepKey } from './step.js';

/** What of a plan is compared. Not its waves: the order is the one that is safe when it is carried out. */
export type Wishes = Pick<Plan, 'steps' | 'uncompared'>;

const on = ({ host }: Step): string => (host === '' ? 'cluster' : host);

/** True when a plan could not tell whether it has this step, since no API server answered. Pure. */
export const isUncompared = ({ uncompared = [] }: Wishes, { action }: Step): boolean =>
  action.do === 'apply-object' && uncompared.includes(action.object);

/**
 * What a step is about: two plans want the same when this is equal. While a switch that was cut off comes to its end on
 * the host, its manifest is away, then there, and its pod comes last: one look says `put`, the next one `switch`.
 */
const wishOf = (step: Step): string =>
  step.action.do === 'put-manifest'
    ? stepKey({ ...step, action: { ...step.action, do: 'switch-manifest' } })
    : stepKey(step);

/** Whether a step meets what it met before. A manifest may be away now, or be the wanted one already. */
function meetsTheSame({ replaces: before }: Step, { action, replaces: now }: Step): boolean {
  const isManifest = action.do === 'put-manifest' || action.do === 'switch-manifest';
  return now === before || (isManifest && (now === undefined || now === action.sha256));
}

/**
 * Steps of `now` that `approved` does not have, as sentences. Objects that `approved` could not compare are no surprise: what
 * they are to be was known. Pure.
 */
function additions(approved: Wishes, now: Wishes): readonly string[] {
  const known = new Set(approved.steps.map(wishOf));
  return now.steps
    .filter((step) => !known.has(wishOf(step)) && !isUncompared(approved, step))
    .map((step) => `${on(step)}: it would now also ${describeStep(step)} (${step.reason})`);
}

/**
 * What whoever approved a plan could not know of `now`, as sentences: steps that came, and those that meet something else.
 * Steps that have become needless are no surprise. Pure.
 */
export function surprises(approved: Wishes, now: Wishes): readonly string[] {
  const wanted = new Map(now.steps.map((step) => [wishOf(step), step]));
  const others = approved.steps.flatMap((step) => {
    const same = wanted.get(wishOf(step));
    return same === undefined || meetsTheSame(step, same)
      ? []
      : [`${on(step)}: what is there has changed since: ${describeStep(step)}`];
  });
  return [...additions(approved, now), ...others];
}

/** All in which `now` is another plan than `approved`, as sentences: its surprises, and steps that went. Pure. */
export function differences(approved: Wishes, now: Wishes): readonly string[] {
  const kept = new Set(now.steps.map(wishOf));
  const gone = approved.steps
    .filter((step) => !kept.has(wishOf(step)))
    .map((step) =>
      isUncompared(now, step)
        ? `${on(step)}: no API server can tell any longer whether to ${describeStep(step)}`
        : `${on(step)}: it would no longer ${describeStep(step)}`,
    );
  return [...surprises(approved, now), ...gone];
}
