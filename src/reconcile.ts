import { awaitHealth } from './apply/await-health.js';
import type { AppliedObject } from './apply/await-workloads.js';
import { type Crew, contentsOf } from './apply/crew.js';
import { finishAddons } from './apply/finish-addons.js';
import { leave } from './apply/leave.js';
import { lossFirst, takeLockOfMost, whileHeld } from './apply/lock.js';
import { applyObjects } from './apply/objects.js';
import { prepareHosts } from './apply/prepare-hosts.js';
import { endLeftRelays } from './apply/relay.js';
import { rollOut } from './apply/roll-out.js';
import { settle } from './apply/settle.js';
import { stage } from './apply/stage.js';
import { startTogether } from './apply/start-together.js';
import { openUplink } from './apply/uplink.js';
import { fullImageName } from './bundle/image-name.js';
import { fixedOf } from './desired/fixed.js';
import { knownHosts } from './desired/known-host.js';
import { imagesAtStart } from './desired/needs.js';
import { Failure, Failures } from './failure.js';
import { controlPlanes } from './inventory/inventory.js';
import { judgedArtifacts } from './judged-artifacts.js';
import { tellUncleaned, votersOf } from './leaving.js';
import { lookAtTrust } from './look-at-trust.js';
import { memoryMark } from './observed/memory-mark.js';
import { openSite, type Site } from './open-site.js';
import { begun } from './plan/begun.js';
import { differences, isUncompared, surprises } from './plan/moved.js';
import { partOf, refuseOutOfOrder } from './plan/narrow.js';
import { isKnownToExist } from './plan/situation.js';
import { describeStep, type Plan, planDigest, type Step } from './plan/step.js';
import { refuseSkippedStep } from './plan/succession/refuse-skipped-step.js';
import { runPreflight } from './preflight/run-preflight.js';
import type { Session } from './session.js';
import { type Survey, survey } from './survey.js';

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
  /** The earlier run whose state the session's inventory asks for, when this is a rollback. */
  readonly rollbackTo?: string;
}

/** What has to be true of the plan under the lock, when time has passed since it was made. */
export interface Approval {
  /** Somebody read it: a step that it lacked stops the run. */
  readonly read?: boolean;
  /** This very plan was approved: whatever is different stops the run. */
  readonly exactly?: Plan;
}

/** What a run came to. */
export interface Applied {
  /** The steps that were taken, with those of objects that were only compared then; none when there was nothing to do. */
  readonly steps: readonly Step[];
  /** What runs on the control plane, which stands, and does not as it should. */
  readonly failed: readonly Failure[];
}

/** The first half of the loop: connect, look, compare. Changes nothing on any host. The caller closes the site. */
export async function planRun(session: Session, scope: PlanScope = {}): Promise<Planned> {
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    const looking = { ...session, artifacts: judgedArtifacts(session, site) };
    const { seen, successions } = await stage(session, 'look', () =>
      lookAtTrust(looking, site, () => look(looking, site, scope)),
    );
    site.requireEnough(seen.situation, scope.limit);
    refuseSkippedStep(successions, unreachedControlPlanes(session, site));
    const plan = partOf(seen.plan, scope.limit);
    if (scope.limit) refuseOutOfOrder(seen.plan, scope.limit, session.inventory, seen.situation);
    if (scope.rollbackTo === undefined && plan.steps.length > 0) tellRolledBack(session, seen);
    return { survey: seen, plan, site, scope };
  } catch (error) {
    await site.close();
    throw error;
  }
}

/** @throws Failure, Failures when a cluster that exists cannot take what the inventory asks for */
const look = (session: Session, site: Site, { prune, limit }: PlanScope): Promise<Survey> =>
  survey(session, site, { prune, partly: limit !== undefined, refuses: true, waits: true });

/**
 * The second half: check, lock, prepare, start or roll out, verify, settle.
 * @param undoes false leaves what fails as it is, for study
 */
export async function applyRun(
  session: Session,
  planned: Planned,
  approval: Approval = {},
  undoes = true,
): Promise<Applied> {
  const { site, scope } = planned;
  let { survey: seen, plan } = planned;
  if (approval.exactly) refuseMoved(differences(approval.exactly, plan));
  if (plan.steps.length === 0 && !plan.uncompared && (seen.bootstrapped || scope.limit))
    return { steps: [], failed: await awaitHealth(session, site.transports, seen, scope.limit) };
  session.emit({ event: 'planned', plan: planDigest(plan.steps), steps: plan.steps.map(toldStep) });
  await stage(session, 'preflight', () => runPreflight(session, site, seen));
  const lock = await takeLockOfMost(
    [...site.transports.values(), ...seen.leaving.values()],
    votersOf(session, seen),
    { id: site.lockId, owner: session.owner },
  );
  const uplink = openUplink(seen.artifacts, session.maxUpload);
  try {
    if (lock.refused.length > 0) site.setAside(new Failures(lock.refused));
    // A run that was cut off may have had something under way that has ended since: what is done need not be done again.
    if (lock.refused.length > 0 || approval.read || approval.exactly || (await hasMoved(site, seen))) {
      const again = await look(session, site, scope);
      site.requireEnough(again.situation, scope.limit);
      const now = partOf(again.plan, scope.limit);
      refuseMoved(
        approval.exactly ? differences(without(approval.exactly, lock.refused), now) : surprises(plan, now),
      );
      seen = again;
      plan = now;
    }
    const crew: Crew = {
      session: whileHeld(session, lock),
      transports: site.transports,
      leaving: seen.leaving,
      contents: new Map([...contentsOf(seen.desired, seen.settledDesired), ...seen.bridged]),
      artifacts: seen.artifacts,
      uplink,
      facts: seen.facts,
      lock,
      undoes,
    };
    const hosts = [...site.transports.keys()].filter((host) => scope.limit?.includes(host) ?? true);
    const { inventory } = session;
    const record = await session.record.load();
    await session.record.save({
      ...begun(seen.settled, record, fixedOf(inventory)),
      cluster: inventory.metadata.name,
      hosts: [
        ...knownHosts(inventory.spec.hosts, seen.facts, record?.hosts),
        ...site.leaving.map(({ known }) => known),
      ],
      bootstrapped: isKnownToExist({ inventory, record, facts: seen.facts }),
    });
    await endLeftRelays(crew);
    const steps = [...plan.steps];
    const failed: Failure[] = [];
    const changed: AppliedObject[] = [];
    const bringObjects = async () => {
      const applied = await applyObjects(crew, seen.desired, hosts, plan.steps);
      steps.push(...applied.steps.filter((step) => isUncompared(plan, step)));
      failed.push(...applied.failed);
      changed.push(...applied.addons.map((object) => ({ object, of: 'podstrap' })));
    };
    if (seen.situation.kind === 'live') {
      await rollOut(crew, seen, plan.steps);
      if (plan.uncompared || plan.steps.some(({ phase }) => phase === 'cluster')) await bringObjects();
      await leave(crew, seen, plan.steps);
    } else {
      session.apiPorts.clear();
      await prepareHosts(crew, plan.steps, hosts, {
        waitsFor: firstImages(seen),
        begin: (images) =>
          startTogether(crew, seen, plan.steps, hosts, async () => {
            await images;
            await bringObjects();
          }),
      });
    }
    const left =
      seen.situation.kind === 'live' && !scope.limit ? site.leaving.map(({ known }) => known.name) : [];
    await settle(session, site, seen, plan.steps, hosts, left, scope.rollbackTo);
    tellUncleaned(session, site, seen, left);
    failed.push(...(await awaitHealth(session, site.transports, seen, scope.limit)));
    if (!scope.limit) {
      // At a bootstrap nobody waits for kube-proxy and CoreDNS: the control plane is what was asked for.
      const brought = await finishAddons(crew, seen, plan, seen.situation.kind === 'live' ? changed : []);
      steps.push(...brought.steps.filter((step) => isUncompared(plan, step)));
      failed.push(...brought.failed);
    }
    return { steps, failed };
  } catch (error) {
    throw lossFirst(lock, error);
  } finally {
    await uplink.close();
    await lock.release();
  }
}

/**
 * The images that a host must have before its kubelet starts. Of a new cluster, those of static pods: the API asks for no
 * pods of others before its objects are there. Of one that had objects before, all: a kubelet never pulls.
 */
function firstImages({ situation, desired }: Survey): (host: string, ref: string) => boolean {
  if (situation.kind !== 'new') return () => true;
  const first = new Map(
    desired.hosts.map((host) => [host.host, new Set(imagesAtStart(host).map(fullImageName))]),
  );
  return (host, ref) => first.get(host)!.has(ref);
}

/** The plan without hosts that did not give their lock. */
const without = (plan: Plan, refused: readonly Failure[]): Plan => ({
  ...plan,
  steps: plan.steps.filter(({ host }) => refused.every(({ where }) => where.host !== host)),
});

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

/** After a rollback the inventory still asks for what was taken back. */
function tellRolledBack({ emit }: Session, { facts }: Survey): void {
  const runs = new Set([...facts.values()].flatMap(({ generation }) => generation?.rollbackTo ?? []));
  for (const run of runs)
    emit({
      event: 'warning',
      message: `the hosts were rolled back to run ${run}: this plan brings back what that undid`,
    });
}

const toldStep = (step: Step) => ({ host: step.host, step: describeStep(step), reason: step.reason });

function refuseMoved(moved: readonly string[]): void {
  if (moved.length === 0) return;
  throw new Failure({
    kind: 'refused',
    doing: 'Looking once more before the first change',
    said: ['the plan is no longer true:', ...moved].join('\n'),
    next: 'Nothing was changed. Look at the new plan with `podstrap plan`, then run `podstrap up` again.',
  });
}

const unreachedControlPlanes = ({ inventory }: Session, { transports }: Site): readonly string[] =>
  controlPlanes(inventory)
    .map(({ name }) => name)
    .filter((name) => !transports.has(name));
