import { type Crew, contentsOf } from './apply/crew.js';
import { takeLock } from './apply/lock.js';
import { applyObjects } from './apply/objects.js';
import { prepareHosts } from './apply/prepare-hosts.js';
import { rollOut } from './apply/roll-out.js';
import { settle } from './apply/settle.js';
import { stage } from './apply/stage.js';
import { startTogether } from './apply/start-together.js';
import { Failure } from './failure.js';
import { openSite, type Site } from './open-site.js';
import { isKnownToExist } from './plan/situation.js';
import { describeStep, type Plan, type Step, stepKey } from './plan/step.js';
import { runPreflight } from './preflight/run-preflight.js';
import type { Session } from './session.js';
import { type Survey, survey } from './survey.js';

/** What `plan` knows at its end, and `up` before it changes anything. */
export interface Planned {
  readonly survey: Survey;
  readonly plan: Plan;
  readonly site: Site;
}

/** The first half of the loop: connect, look, compare. Changes nothing on any host. The caller closes the site. */
export async function planRun(session: Session, despiteLoss = false): Promise<Planned> {
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    const seen = await stage(session, 'look', () => survey(session, site.transports));
    site.requireEnough(seen.situation);
    if (seen.situation.kind === 'lost' && !despiteLoss) throw seen.situation.refusal;
    return { survey: seen, plan: seen.plan, site };
  } catch (error) {
    await site.close();
    throw error;
  }
}

/**
 * The second half: check, lock, prepare, start or roll out, verify, settle.
 * @param mayHaveMoved true when time has passed since the plan was made, such as while somebody read it: then the hosts
 *   are looked at once more under the lock, and a step that was not approved stops the run
 * @returns the steps that were taken; none when there was nothing to do
 */
export async function applyRun(
  session: Session,
  { survey: seen, plan, site }: Planned,
  mayHaveMoved: boolean,
): Promise<readonly Step[]> {
  if (plan.steps.length === 0 && seen.bootstrapped) return [];
  await stage(session, 'preflight', () => runPreflight(session, site, seen));
  const lock = await takeLock([...site.transports.values()], { id: site.lockId, owner: session.owner });
  try {
    const crew: Crew = {
      session,
      transports: site.transports,
      contents: contentsOf(seen.desired),
      artifacts: seen.artifacts,
      lockId: lock.id,
    };
    const hosts = [...site.transports.keys()];
    const { inventory } = session;
    const record = await session.record.load();
    await session.record.save({
      ...seen.settled,
      cluster: session.inventory.metadata.name,
      bootstrapped: isKnownToExist({ inventory, record, facts: seen.facts }),
    });
    if (mayHaveMoved) refuseMoved(plan, (await survey(session, site.transports)).plan);
    if (seen.situation.kind === 'live') await rollOut(crew, seen, plan.steps);
    else {
      await prepareHosts(crew, plan.steps, hosts);
      await startTogether(crew, seen.desired, plan.steps, hosts, () =>
        applyObjects(crew, seen.desired.objects, hosts),
      );
    }
    await settle(session, site, seen);
    return plan.steps;
  } finally {
    await lock.release();
  }
}

function refuseMoved(approved: Plan, now: Plan): void {
  const known = new Set(approved.steps.map(stepKey));
  const more = now.steps.filter((step) => !known.has(stepKey(step)));
  if (more.length === 0) return;
  throw new Failure({
    kind: 'refused',
    doing: 'Looking once more before the first change',
    said: `the hosts have changed since the plan was made; it would now also ${more.map((step) => `${describeStep(step)} (${step.host})`).join('; ')}`,
    next: 'Nothing was changed. Look at the new plan with `podstrap plan`, then run `podstrap up` again.',
  });
}
