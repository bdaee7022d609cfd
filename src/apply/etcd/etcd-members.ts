import { type Etcd, etcdOn } from '../../cluster/etcd.js';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import { votingIn } from '../../plan/situation.js';
import type { Step } from '../../plan/step.js';
import type { Survey } from '../../survey/survey.js';
import { missing, poll, well } from '../../verify/poll.js';
import type { Crew } from '../crew.js';
import { requireLock } from '../lock/run-fenced.js';

/** Speaks to a voting member other than `host`'s own. */
async function throughPeer<T>(
  crew: Crew,
  seen: Survey,
  host: string,
  work: (etcd: Etcd) => Promise<T>,
): Promise<T> {
  const { session, transports, lock } = crew;
  const voting = votingIn(seen.situation);
  const peer = voting.find((name) => name !== host && transports.has(name));
  if (peer === undefined)
    throw new Failure({
      kind: 'refused',
      doing: 'Changing etcd’s members',
      where: { host },
      said: 'no other voting member can be reached',
      next: 'Bring another member back first.',
    });
  await requireLock(transports.get(peer)!, lock.id);
  const etcd = etcdOn(session.keys, transports.get(peer)!);
  try {
    return await work(etcd);
  } finally {
    etcd.close();
  }
}

/** @throws Failure `gate` when etcd does not let it go, such as while another member is away */
export const removeMember = (crew: Crew, seen: Survey, { host, action }: Step): Promise<void> =>
  throughPeer(crew, seen, host, async (etcd) => {
    if (action.do !== 'remove-etcd-member') return;
    await patiently(crew, host, 'Removing a member of etcd', async () => {
      if ((await etcd.members()).some(({ id }) => id === action.id)) await etcd.remove(action.id);
    });
    crew.session.emit({ event: 'host', host, stage: 'roll out', doing: `etcd member ${action.id} removed` });
  });

/** @throws Failure `gate` when etcd does not take it, such as while another member is away */
export const addLearner = (crew: Crew, seen: Survey, { host, action }: Step): Promise<void> =>
  throughPeer(crew, seen, host, async (etcd) => {
    if (action.do !== 'add-etcd-learner') return;
    await patiently(crew, host, 'Adding a member of etcd', async () => {
      const known = (await etcd.members()).some(({ peerUrls }) => peerUrls.includes(action.peerUrl));
      if (!known) await etcd.addLearner(action.peerUrl);
    });
  });

/**
 * Changes members until etcd takes it: it refuses while it has not been connected to every member that votes for some
 * seconds, as after one has just joined or was restarted.
 */
async function patiently(
  { session }: Crew,
  host: string,
  doing: string,
  change: () => Promise<void>,
): Promise<void> {
  const said = await poll(() => change().then(() => well), {
    timeoutMs: parseDuration(session.inventory.spec.timeouts.etcdAPICall),
    onWaiting: (what) =>
      session.emit({ event: 'waiting', host, stage: 'roll out', for: `etcd takes the change: ${what}` }),
    signal: session.abort,
  });
  if (said === undefined) return;
  throw new Failure({
    kind: 'gate',
    doing,
    where: { host, phase: 'control-plane' },
    said,
    next: 'See with `podstrap status` whether every other member is healthy, then run `podstrap up` again.',
  });
}

/** Lets a learner vote as soon as it has caught up with the leader. */
export const promoteMember = (crew: Crew, seen: Survey, { host }: Step): Promise<void> =>
  throughPeer(crew, seen, host, async (etcd) => {
    const { session } = crew;
    const said = await poll(
      async () => {
        const own = (await etcd.members()).find(({ name }) => name === host);
        if (own === undefined) return missing('etcd: the new member has not started yet');
        if (!own.learner) return well;
        await etcd.promote(own.id);
        return well;
      },
      {
        timeoutMs: parseDuration(session.inventory.spec.timeouts.etcdAPICall),
        onWaiting: (what) => session.emit({ event: 'waiting', host, stage: 'roll out', for: what }),
        signal: session.abort,
      },
    );
    if (said !== undefined)
      throw new Failure({
        kind: 'gate',
        doing: 'Waiting for the new etcd member to catch up',
        where: { host, phase: 'control-plane' },
        said,
        next: 'It stays a learner and does no harm. Run `podstrap up` again.',
      });
  });
