import { type Crew, contentsOf } from './apply/crew.js';
import { takeLock } from './apply/lock.js';
import { applyObjects } from './apply/objects.js';
import { prepareHosts } from './apply/prepare-hosts.js';
import { rollOut } from './apply/roll-out.js';
import { settle } from './apply/settle.js';
import { stage } from './apply/stage.js';
import { startTogether } from './apply/start-together.js';
import { openSite, type Site } from './open-site.js';
import { isKnownToExist } from './plan/situation.js';
import type { Plan, Step } from './plan/step.js';
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
export async function planRun(session: Session): Promise<Planned> {
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    const seen = await stage(session, 'look', () => survey(session, site.transports));
    site.requireEnough(seen.situation);
    return { survey: seen, plan: seen.plan, site };
  } catch (error) {
    await site.close();
    throw error;
  }
}

/**
 * The second half: check, lock, prepare, start or roll out, verify, settle.
 * @returns the steps that were taken; none when there was nothing to do
 */
export async function applyRun(
  session: Session,
  { survey: seen, plan, site }: Planned,
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
