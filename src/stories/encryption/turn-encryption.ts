import { stage } from '../../apply/stage.js';
import { hardeningPlaces } from '../../desired/hardening/places.js';
import { Failure } from '../../failure.js';
import { encryptionWishes } from '../../inventory/hardening/encryption-wishes.js';
import { controlPlanes } from '../../inventory/inventory.js';
import { type Link, linkName, plain, type Ring, writerOf } from '../../pki/encryption/ring.js';
import { type Goal, stepToward } from '../../pki/encryption/step-toward.js';
import type { Step } from '../../plan/step.js';
import type { Session } from '../../survey/session.js';
import { refuseOwnEncryption, wantsEncryption } from '../../survey/settle-ring.js';
import { applyRun, type Planned, planRun } from '../reconcile.js';
import { awaitLoaded } from './await-loaded.js';
import { type Pace, rewriteObjects, stopIfAsked } from './rewrite-objects.js';

/** Toward a new key, toward what the inventory asks for, and toward no encryption. */
export type Turning = 'rotate' | 'migrate' | 'disable';

export interface Turned {
  /** What everything is written with now: `identity`, or a provider and the name of its key. */
  readonly writer: string;
  readonly resources: readonly string[];
  readonly rewritten: number;
  /** False when there was nothing to do. */
  readonly changed: boolean;
}

const doings: Readonly<Record<Turning, string>> = {
  rotate: 'Rotating the key that data in etcd are encrypted with',
  migrate: 'Bringing the encryption of data in etcd to what the inventory asks for',
  disable: 'Decrypting the data in etcd',
};

/**
 * Brings all data in etcd from whatever they are written with to one key, or to none: the new one is added everywhere, every API
 * server has loaded it before one writes with it, objects are rewritten, and only when nothing is left that needs them are
 * the old ones dropped. Where it ends early, the same again goes on: how far it is stands in the keystore, on the hosts and in etcd.
 * @param approve is asked once, before anything is changed
 * @throws Failure `refused` when the cluster is not as its inventory says, `gate` when something does not come about
 */
export async function turnEncryption(
  session: Session,
  turning: Turning,
  pace: Pace,
  approve: (goal: Goal, ring: Ring) => Promise<void>,
): Promise<Turned> {
  const doing = doings[turning];
  refuseOwnEncryption(session, doing);
  let goal: Goal | undefined;
  let rewritten = 0;
  let changed = false;
  for (let round = 1; ; round++) {
    // Each round is a run of its own for hosts, which keep what led to what.
    const own = round === 1 ? session : { ...session, run: `${session.run}-${round}` };
    const planned = await planRun(own);
    try {
      const ring = ringIn(planned, doing);
      if (ring === undefined && turning === 'disable')
        return { writer: linkName(plain), resources: [], rewritten, changed };
      if (ring === undefined) throw unasked(doing);
      // A rotation whose last step has not reached every host is not the beginning of another one.
      const isFinishing =
        turning === 'rotate' &&
        planned.plan.steps.length > 0 &&
        stepToward(ring, goalOf(ring)).kind === 'done';
      requireOnlyRing(planned, ring, doing);
      requireAll(session, planned, doing);
      if (goal === undefined) {
        goal = isFinishing ? goalOf(ring) : chooseGoal(session, turning, planned, ring, doing);
        if (planned.plan.steps.length > 0 || stepToward(ring, goal).kind !== 'done')
          await approve(goal, ring);
      }
      if (planned.plan.steps.length > 0) {
        changed = true;
        const { failed } = await applyRun(own, planned);
        if (failed.length > 0) throw failed[0]!;
      }
      const { transports } = planned.site;
      if (Object.keys(ring.chains).length > 0)
        await stage(session, 'load', () => awaitLoaded(session, transports, ring));
      const step = stepToward(ring, goal);
      if (step.kind === 'done')
        return { writer: linkName(goal.writer), resources: goal.resources, rewritten, changed };
      changed = true;
      if (step.kind === 'drop') {
        const resources = Object.keys(ring.chains);
        rewritten += await stage(session, 'rewrite', () =>
          rewriteObjects(session, transports, resources, goal!, pace),
        );
      }
      stopIfAsked(session);
      await session.ring.save(step.ring);
    } finally {
      await planned.site.close();
    }
  }
}

function ringIn({ survey }: Planned, doing: string): Ring | undefined {
  const { encryption, situation } = survey;
  if (situation.kind !== 'live')
    throw new Failure({
      kind: 'refused',
      doing,
      said: situation.kind === 'down' ? 'etcd has no quorum' : 'there is no cluster yet',
      next: 'Run `podstrap up` first. Nothing was changed.',
    });
  return encryption;
}

const unasked = (doing: string): Failure =>
  new Failure({
    kind: 'refused',
    doing,
    said: 'nothing is encrypted, and the inventory does not ask for it',
    next: 'Add `encryption: { provider: secretbox }` to spec, and run `podstrap up` first. Nothing was changed.',
  });

/** What everything is written with already. */
const goalOf = (ring: Ring): Goal => {
  const resources = Object.keys(ring.chains);
  return { resources, writer: resources.length === 0 ? plain : writerOf(ring, resources[0]!) };
};

function chooseGoal(
  session: Session,
  turning: Turning,
  { survey }: Planned,
  ring: Ring,
  doing: string,
): Goal {
  const { inventory, ring: store } = session;
  const isWanted = wantsEncryption(inventory, survey.settled);
  if (turning === 'disable') {
    if (!isWanted) return { resources: [], writer: plain };
    throw new Failure({
      kind: 'refused',
      doing,
      said: 'the inventory, or what the cluster was created with, asks for encryption',
      next: 'Set spec.encryption.provider to identity first. Nothing was changed.',
    });
  }
  if (!isWanted)
    throw new Failure({
      kind: 'refused',
      doing,
      said: 'the inventory does not ask for encryption',
      next: 'Set spec.encryption.provider to what data are to be encrypted with, or run `podstrap encryption disable`. Nothing was changed.',
    });
  const { provider, resources } = encryptionWishes(inventory.spec);
  const all = Object.values(ring.chains).flat();
  const begun = all.find((link) => link.provider !== 'identity' && linkName(link) === ring.toward);
  if (turning === 'rotate') {
    const now = goalOf(ring);
    if (begun !== undefined) return { resources: now.resources, writer: begun };
    if (now.resources.some((resource) => writerOf(ring, resource).provider !== provider))
      throw new Failure({
        kind: 'refused',
        doing,
        said: 'data are not written yet as the inventory asks',
        next: 'Run `podstrap encryption migrate` first. Nothing was changed.',
      });
    return { resources: now.resources, writer: store.make(provider) };
  }
  const usable = (link: Link | undefined) => (link?.provider === provider ? link : undefined);
  const present = Object.keys(ring.chains).map((resource) => writerOf(ring, resource));
  const writer = usable(begun) ?? usable(present.find(usable)) ?? usable(all.find(usable));
  return { resources, writer: writer ?? store.make(provider) };
}

/** Other changes have their own time. @throws Failure `refused` */
function requireOnlyRing({ plan }: Planned, ring: Ring, doing: string): void {
  const isOff = Object.keys(ring.chains).length === 0;
  const others = plan.steps.filter((step) => !isAboutRing(step, isOff));
  if (others.length === 0) return;
  throw new Failure({
    kind: 'refused',
    doing,
    said: `the hosts differ from the inventory in ${others.length} other ${others.length === 1 ? 'thing' : 'things'}`,
    next: 'Run `podstrap up` first (`podstrap plan` shows what it does). Nothing was changed.',
  });
}

/** @param isOff the last step of decrypting takes the flag and the file away */
function isAboutRing({ action }: Step, isOff: boolean): boolean {
  if ('path' in action && action.path === hardeningPlaces.encryption) return true;
  return isOff && action.do === 'switch-manifest' && action.pod === 'kube-apiserver';
}

/** An API server that nobody asks may write with what is to be dropped. @throws Failure `refused` */
function requireAll({ inventory }: Session, { site }: Planned, doing: string): void {
  const lost = controlPlanes(inventory).flatMap(({ name }) => (site.transports.has(name) ? [] : [name]));
  if (lost.length === 0) return;
  throw new Failure({
    kind: 'refused',
    doing,
    where: { host: lost.join(', ') },
    said: 'it cannot be reached, and every API server must have each key before the next step',
    next: 'Bring it back, or take it out of the cluster first. Nothing was changed.',
  });
}
