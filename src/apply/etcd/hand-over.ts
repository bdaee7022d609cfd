import { etcdOn } from '../../cluster/etcd.js';
import type { Crew } from '../crew.js';

/**
 * Hands etcd's leadership over before the member that has it stops: otherwise nothing is written until the others have
 * missed it for a second and elected one of them. Never fails: etcd finds a leader by itself.
 * @param preferred hosts whose member should have it, such as those that will not be stopped again
 */
export async function handOverLeadership(
  { session, transports, leaving }: Crew,
  host: string,
  preferred: readonly string[],
): Promise<void> {
  const { keys, emit } = session;
  const etcd = etcdOn(keys, (transports.get(host) ?? leaving.get(host))!);
  try {
    const { leader, memberId } = await etcd.status();
    if (leader !== memberId) return;
    const others = (await etcd.members()).filter(({ id, learner }) => id !== memberId && !learner);
    const heir = others.find(({ name }) => preferred.includes(name)) ?? others[0];
    if (heir === undefined) return;
    emit({ event: 'host', host, stage: 'roll out', doing: `handing etcd’s leadership to ${heir.name}` });
    await etcd.moveLeader(heir.id);
  } catch {
    // Whoever leads now, or nobody: the members elect one when this one stops.
  } finally {
    etcd.close();
  }
}
