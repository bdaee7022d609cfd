import { Failure, Failures } from '../failure.js';
import { memoryMark } from '../observed/memory/memory-mark.js';
import { veiled } from '../plan/documents/veiled.js';
import { differences, surprises, type Wishes } from '../plan/moved.js';
import { partOf } from '../plan/narrow.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import { lookAt } from './judge-look.js';
import type { Approval, Planned } from './reconcile.js';

/**
 * What is to be done, now that nobody else changes the hosts: looks once more where time has passed, or another run was at
 * work meanwhile. What an earlier run had under way may have ended since, and need not be done again.
 * @param refused hosts that did not give their lock: they are passed over
 * @throws Failure `refused` when the plan is no longer what was approved
 */
export async function stillTrue(
  session: Session,
  planned: Planned,
  { read = false, exactly }: Approval,
  refused: readonly Failure[],
): Promise<Planned> {
  const { site, survey: seen, plan, scope } = planned;
  if (refused.length > 0) site.setAside(new Failures(refused));
  if (refused.length === 0 && !read && !exactly && !(await hasMoved(site, seen))) return planned;
  const survey = await lookAt(session, site, scope);
  site.requireEnough(survey.situation, scope.limit);
  const now = partOf(survey.plan, scope.limit);
  refuseMoved(exactly ? differencesFrom(without(exactly, refused), session, now) : surprises(plan, now));
  return { ...planned, survey, plan: now };
}

/** In which `now` is another plan than one that was approved as a file, as sentences. */
export const differencesFrom = (approved: Wishes, { keys }: Session, now: Wishes): readonly string[] =>
  differences(approved, { ...now, steps: veiled(now.steps, keys.planKey) });

/** The plan without hosts that did not give their lock. */
const without = (plan: Wishes, refused: readonly Failure[]): Wishes => ({
  ...plan,
  steps: plan.steps.filter(({ host }) => refused.every(({ where }) => where.host !== host)),
});

/** @throws Failure `refused` when there is anything */
export function refuseMoved(moved: readonly string[]): void {
  if (moved.length === 0) return;
  throw new Failure({
    kind: 'refused',
    doing: 'Looking once more before the first change',
    said: ['the plan is out of date:', ...moved].join('\n'),
    next: 'Nothing was changed. Look at the new plan with `podstrap plan`, then run `podstrap up` again.',
  });
}

/** True when another run was at work on a host since it was looked at. */
async function hasMoved({ transports }: Site, { facts }: Survey): Promise<boolean> {
  const marks = await Promise.all(
    [...transports.values()].map(
      // One that does not tell is looked at again, and is passed over if it makes no sense then.
      async (transport) => [transport.host, await memoryMark(transport).catch(whenNothingIsTold)] as const,
    ),
  );
  return marks.some(([host, mark]) => mark !== facts.get(host)?.mark);
}

function whenNothingIsTold(error: unknown): undefined {
  if (!(error instanceof Failure) || error.kind === 'interrupted') throw error;
}
