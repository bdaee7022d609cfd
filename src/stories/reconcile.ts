import { awaitHealth } from '../apply/await-health.js';
import { type Crew, contentsOf } from '../apply/crew.js';
import { type Lock, whileHeld } from '../apply/lock/lock.js';
import { underLock } from '../apply/lock/under-lock.js';
import { noteRun } from '../apply/note-run.js';
import { absent } from '../apply/pass-over.js';
import type { Rolling } from '../apply/rollout/rolling.js';
import { stage } from '../apply/stage.js';
import { endLeftRelays } from '../apply/transfer/relay.js';
import { openUplink, type Uplink } from '../apply/transfer/uplink.js';
import { undoWorker } from '../apply/undo/undo.js';
import { takeWaves } from '../apply/waves/take-waves.js';
import { takersFor } from '../apply/waves/takers.js';
import type { Failure } from '../failure.js';
import { hasApi } from '../inventory/inventory.js';
import { veiled } from '../plan/documents/veiled.js';
import { estimateOf } from '../plan/estimate.js';
import type { Wishes } from '../plan/moved.js';
import { partOf } from '../plan/narrow.js';
import { describeStep, type Plan, planDigest, type Step } from '../plan/step.js';
import { aroundSettling } from '../plan/waves/ancestors.js';
import { runPreflight } from '../preflight/run-preflight.js';
import { tellUncleaned, votersOf } from '../survey/leaving.js';
import { openSite, type Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import { differencesFrom, refuseMoved, stillTrue } from './confirm.js';
import { judgeVanished } from './fleet/known-hosts.js';
import { type PutBack, type RolloutRun, rolledOut } from './fleet/rolled-out.js';
import { judgeLook, lookFirst } from './judge-look.js';
import { lookAtTrust } from './look-at-trust.js';
import { noteBegun } from './note-begun.js';

/** What `plan` knows at its end, and `up` before it changes anything. */
export interface Planned {
  readonly survey: Survey;
  /** What is to be done of it. */
  readonly plan: Plan;
  readonly site: Site;
  readonly scope: PlanScope;
}

/** What a plan is to be about. */
export interface PlanScope {
  /** Remove what is not podstrap's. */
  readonly prune?: boolean;
  /** Change only these hosts. */
  readonly limit?: readonly string[] | undefined;
  /** Half of a fleet's hosts, or more, are meant to be gone from its inventory. */
  readonly fewerHosts?: boolean;
  /** Begin a fleet's roll-out again that has failed before. */
  readonly retry?: boolean;
  /** The earlier run whose state the session's inventory asks for, when this is a rollback. */
  readonly rollbackTo?: string;
}

/** What has to be true of the plan under the lock, when time has passed since it was made. */
export interface Approval {
  /** Somebody read it: a step that it lacked stops the run. */
  readonly read?: boolean;
  /** This very plan was approved: whatever is different stops the run. */
  readonly exactly?: Wishes;
}

/** What a run came to. */
export interface Applied {
  /** The steps that were taken, with those of objects that were only compared then; none when there was nothing to do. */
  readonly steps: readonly Step[];
  /** What runs on the control plane, which stands, and does not as it should. */
  readonly failed: readonly Failure[];
  /** What the roll-out of a fleet waits for before it goes on; absent when it is done. */
  readonly held?: string;
}

/** The first half of the loop: connect, look, compare. Changes nothing on any host. The caller closes the site. */
export async function planRun(session: Session, scope: PlanScope = {}): Promise<Planned> {
  await judgeVanished(session, scope.fewerHosts === true);
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    const { seen: survey, successions } = await stage(session, 'look', () =>
      lookAtTrust(session, site, () => lookFirst(session, site, scope)),
    );
    judgeLook(session, site, survey, successions, scope);
    return { survey, plan: partOf(survey.plan, scope.limit), site, scope };
  } catch (error) {
    await site.close();
    throw error;
  }
}

/**
 * The second half: check, lock, prepare, the waves, settle, verify, and the waves that wait for that.
 * @param undoes false leaves what fails as it is, for study
 */
export async function applyRun(
  session: Session,
  planned: Planned,
  approval: Approval = {},
  undoes = true,
): Promise<Applied> {
  if (approval.exactly) refuseMoved(differencesFrom(approval.exactly, session, planned.plan));
  return rolledOut(
    session,
    planned,
    (rollout) => apply(session, planned, approval, undoes, rollout),
    putBackOwed(session, planned),
  );
}

/** Hosts that missed a going back are put back before anything else is done with them. */
const putBackOwed = (session: Session, planned: Planned): PutBack<Applied> => ({
  work: (hosts) => {
    const { site, survey: seen, plan } = planned;
    const ways = hosts.map((host) => site.transports.get(host)!);
    return underLock(ways, [], ownerOf(session, site), (lock) =>
      whileUploading(session, seen, async (uplink) => {
        const crew = crewOf(session, planned, lock, uplink, true);
        const undone = await Promise.all(hosts.map((host) => undoWorker(crew, seen, plan.steps, host)));
        return undone.flatMap(({ host, state }) => (state === 'before' ? [host] : []));
      }),
    );
  },
  ended: (hosts) => ({
    steps: [],
    failed: [],
    held: `${hosts.join(', ')}: back to what was there before the roll-out that failed. Run \`podstrap up\` once more`,
  }),
});

async function apply(
  session: Session,
  planned: Planned,
  approval: Approval,
  undoes: boolean,
  rollout: RolloutRun | undefined,
): Promise<Applied> {
  const { site, survey: seen } = planned;
  if (isDone(planned)) return { steps: [], failed: await verify(session, planned) };
  tellPlan(session, planned.plan);
  await stage(session, 'preflight', () => runPreflight(session, site, seen));
  const holders = holdersOf(session, planned);
  return underLock(holders, votersOf(session, seen), ownerOf(session, site), async (lock) => {
    const now = await stillTrue(session, planned, approval, lock.refused);
    if (!isSameOrder(now.plan, planned.plan)) tellPlan(session, now.plan);
    return whileUploading(session, now.survey, async (uplink) => {
      const crew = crewOf(session, now, lock, uplink, undoes);
      const rolling = await rollout?.begin(now);
      const takers = takersFor(crew, now.survey, now.plan, rolling);
      const [waves, afterwards] = aroundSettling(now.plan.waves);
      await noteBegun(session, site, now.survey);
      await endLeftRelays(crew);
      await takeWaves(session.emit, waves, takers).finally(takers.end);
      const done = withoutLeft(now, rolling);
      if (rolling?.held !== undefined) {
        const unwell = await verify(session, done);
        return { steps: rolling.taken, failed: [...unwell, ...rolling.failed], held: rolling.held };
      }
      const left = await noteRun(session, site, now, crew.absent, done.scope);
      await rollout?.end();
      tellUncleaned(session, site, now.survey, left);
      const unwell = await verify(session, done);
      await takeWaves(session.emit, afterwards, takers);
      const taken = now.plan.steps.filter(({ host }) => !crew.absent.has(host));
      return {
        steps: [...taken, ...takers.more],
        failed: [...unwell, ...takers.failed, ...(rolling?.failed ?? [])],
      };
    });
  });
}

/** What is noted and proved of a roll-out that has left hosts out: the others. */
function withoutLeft(now: Planned, rolling: Rolling | undefined): Planned {
  if (rolling === undefined || rolling.left.length === 0) return now;
  const { site, scope } = now;
  const among = scope.limit ?? [...site.transports.keys()];
  return { ...now, scope: { ...scope, limit: among.filter((host) => !rolling.left.includes(host)) } };
}

/** Whoever is changed gives the lock: of a fleet only the hosts that the run is about, so that others can be worked on. */
const holdersOf = ({ inventory }: Session, { site, survey: seen, scope }: Planned) => {
  const all = [...site.transports.values(), ...seen.leaving.values()];
  return hasApi(inventory) ? all : all.filter(({ host }) => scope.limit?.includes(host) ?? true);
};

const isDone = ({ plan, survey, scope }: Planned): boolean =>
  plan.steps.length === 0 && !plan.uncompared && (survey.bootstrapped || scope.limit !== undefined);

/** The last word: what is not healthy, of the hosts that the run is about. */
const verify = (session: Session, { site, survey, scope }: Planned): Promise<readonly Failure[]> =>
  awaitHealth(session, site.transports, survey, scope.limit);

const ownerOf = ({ owner }: Session, { lockId }: Site) => ({ id: lockId, owner });

async function whileUploading<T>(
  session: Session,
  { artifacts }: Survey,
  work: (uplink: Uplink) => Promise<T>,
): Promise<T> {
  const uplink = openUplink(artifacts, session.maxUpload);
  return work(uplink).finally(() => uplink.close());
}

const crewOf = (
  session: Session,
  { site, survey: seen }: Planned,
  lock: Lock,
  uplink: Uplink,
  undoes: boolean,
): Crew => ({
  session: whileHeld(session, lock),
  absent: absent(whileHeld(session, lock), site, seen),
  transports: site.transports,
  leaving: seen.leaving,
  contents: new Map([...contentsOf(seen.desired, seen.settledDesired), ...seen.bridged]),
  artifacts: seen.artifacts,
  uplink,
  facts: seen.facts,
  lock,
  undoes,
});

const isSameOrder = (one: Plan, other: Plan): boolean =>
  planDigest(one.steps) === planDigest(other.steps) &&
  String(one.waves.map(({ name }) => name)) === String(other.waves.map(({ name }) => name));

/** Tells what was approved, and in which order it comes. */
function tellPlan({ emit, inventory, keys }: Session, { steps, waves }: Plan): void {
  const waveOf = new Map(waves.flatMap((wave) => wave.steps.map((step) => [step, wave.name] as const)));
  emit({
    event: 'planned',
    plan: planDigest(veiled(steps, keys.planKey)),
    steps: steps.map((step) => ({
      host: step.host,
      step: describeStep(step),
      reason: step.reason,
      wave: waveOf.get(step)!,
    })),
    waves: waves.map(({ name, after }) => ({ name, after })),
    seconds: estimateOf({ steps, waves }, inventory).seconds,
  });
}
