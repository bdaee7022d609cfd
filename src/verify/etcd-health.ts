import type { Etcd } from '../cluster/etcd.js';
import { type Look, missing, well } from './poll.js';

/**
 * Looks at etcd as a whole, through every wanted member: all vote, all know one leader, no alarm is raised.
 * @param members clients by host name
 */
export async function lookAtEtcd(members: ReadonlyMap<string, Etcd>): Promise<Look> {
  const wanted = [...members.keys()];
  const answers = await Promise.all(
    wanted.map(async (host) => {
      const etcd = members.get(host)!;
      const status = await etcd.status().catch(() => undefined);
      return { host, status };
    }),
  );
  const up = answers.filter(({ status }) => status !== undefined && !status.learner && status.leader !== '0');
  if (up.length < wanted.length) return missing(`etcd: ${up.length} of ${wanted.length} members vote`);
  const leaders = new Set(up.map(({ status }) => status!.leader));
  if (leaders.size > 1) return missing('etcd: members disagree about their leader');
  const clusters = new Set(up.map(({ status }) => status!.clusterId));
  if (clusters.size > 1) return missing('etcd: members belong to different clusters');
  const alarms = await members.get(wanted[0]!)!.alarms();
  return alarms.length > 0 ? missing(`etcd: alarm ${alarms.join(', ')}`) : well;
}
