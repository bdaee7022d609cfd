import { controlPlanes } from '../inventory/inventory.js';
import { refuseOutOfOrder } from '../plan/narrow.js';
import { refuseSkippedStep } from '../plan/succession/refuse-skipped-step.js';
import type { Succession } from '../plan/succession/succession.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import { type Survey, survey } from '../survey/survey.js';
import { judgedArtifacts } from './judged-artifacts.js';
import type { PlanScope } from './reconcile.js';

/** @throws Failure, Failures when a cluster that exists cannot take what the inventory asks for */
export const lookAt = (session: Session, site: Site, { prune, limit }: PlanScope): Promise<Survey> =>
  survey(session, site, { prune, partly: limit !== undefined, refuses: true, waits: true });

/** The same for the first time, before anything is fetched: a version that is refused is not. */
export const lookFirst = (session: Session, site: Site, scope: PlanScope): Promise<Survey> =>
  lookAt({ ...session, artifacts: judgedArtifacts(session, site) }, site, scope);

/**
 * Whether what was seen can be acted upon: enough hosts, no step of a succession left out, nobody before their turn.
 * @throws Failure, Failures
 */
export function judgeLook(
  session: Session,
  site: Site,
  seen: Survey,
  successions: readonly Succession[],
  { limit, rollbackTo }: PlanScope,
): void {
  site.requireEnough(seen.situation, limit);
  refuseSkippedStep(successions, unreachedControlPlanes(session, site));
  if (limit) refuseOutOfOrder(seen.plan, limit, session.inventory, seen.situation);
  if (rollbackTo === undefined) tellRolledBack(session, seen, limit);
}

/** After a rollback the inventory still asks for what was taken back. */
function tellRolledBack({ emit }: Session, { facts, plan }: Survey, limit?: readonly string[]): void {
  if (!plan.steps.some(({ host }) => limit?.includes(host) ?? true)) return;
  const runs = new Set([...facts.values()].flatMap(({ generation }) => generation?.rollbackTo ?? []));
  for (const run of runs)
    emit({
      event: 'warning',
      message: `the hosts were rolled back to run ${run}: this plan brings back what that undid`,
    });
}

const unreachedControlPlanes = ({ inventory }: Session, { transports }: Site): readonly string[] =>
  controlPlanes(inventory)
    .map(({ name }) => name)
    .filter((name) => !transports.has(name));
