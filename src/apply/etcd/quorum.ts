import { Failure } from '../../failure.js';
import { controlPlanes } from '../../inventory/inventory.js';
import { type EtcdView, viewEtcd } from '../../observed/views/etcd-view.js';
import { type Look, missing, poll, well } from '../../verify/poll.js';
import type { Crew } from '../crew.js';

/** Milliseconds in which etcd may elect a leader before members that do not vote count as gone. */
const election = 10_000;

/**
 * Asks etcd now, since a member may have gone after the survey: it must keep quorum while this node is away. A lone
 * member has none to keep, and one that is away already loses none.
 * @param going `back` where a change is undone: a cluster that has no quorum any more has nothing to lose by that
 * @throws Failure `refused`
 */
export async function refuseWithoutQuorum(
  { session, transports, leaving }: Crew,
  name: string,
  going: 'forth' | 'back' = 'forth',
): Promise<void> {
  const hosts = controlPlanes(session.inventory)
    .map((host) => host.name)
    .filter((host) => transports.has(host));
  // Those that are about to leave vote until then.
  const members = [...hosts, ...leaving.keys()];
  const look = async (): Promise<Look> => {
    const etcd = await viewEtcd(new Map([...transports, ...leaving]), members, session.keys);
    if (etcd === undefined)
      return going === 'back' ? well : missing('no etcd member has a leader: there is no quorum');
    const loss = lossOf(etcd, name);
    return loss === undefined ? well : missing(loss);
  };
  const said = await poll(look, {
    timeoutMs: election,
    onWaiting: (what) => session.emit({ event: 'waiting', host: name, stage: 'roll out', for: what }),
    signal: session.abort,
  });
  if (said === undefined) return;
  throw new Failure({
    kind: 'refused',
    doing: going === 'back' ? 'Putting back what was there' : 'Changing the next control plane',
    where: { host: name },
    said,
    next: 'Bring the other members back first; `podstrap status` shows them. Nothing was changed on this host.',
  });
}

/** What etcd would lose without this node; undefined when it keeps its quorum. */
function lossOf({ members, voting }: EtcdView, name: string): string | undefined {
  const voters = members.filter(({ learner }) => !learner).length;
  const left = voting.filter((host) => host !== name).length;
  if (voters <= 1 || !voting.includes(name) || left > voters / 2) return undefined;
  return `without it only ${left} of ${voters} etcd members would vote: no quorum`;
}
