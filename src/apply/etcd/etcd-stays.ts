import { etcdOn } from '../../cluster/etcd.js';
import { controlPlanes } from '../../inventory/inventory.js';
import { minorsAhead, parseVersion, type Version } from '../../kubernetes/version.js';
import type { Survey } from '../../survey/survey.js';
import type { Crew } from '../crew.js';

/**
 * True when etcd can no longer go back to the minor that it had when this run began: its members have agreed on a newer
 * one, or all of them run it and are about to agree. The older program refuses such data.
 */
export async function etcdStays({ session, transports }: Crew, seen: Survey): Promise<boolean> {
  const before = seen.situation.kind === 'live' ? Object.values(seen.situation.etcd.versions ?? {}) : [];
  const oldest = lowest(before);
  if (oldest === undefined) return false;
  const answers = await Promise.all(
    controlPlanes(session.inventory).map(async ({ name }) => {
      const transport = transports.get(name);
      if (transport === undefined) return { member: undefined, cluster: undefined };
      const etcd = etcdOn(session.keys, transport);
      const [status, cluster] = await Promise.all([
        etcd.status().catch(() => undefined),
        etcd.clusterVersion().catch(() => undefined),
      ]);
      etcd.close();
      return { member: status?.version, cluster };
    }),
  );
  const agreed = lowest(answers.flatMap(({ cluster }) => cluster ?? []));
  const members = answers.flatMap(({ member }) => member ?? []);
  const running = members.length === answers.length ? lowest(members) : undefined;
  return [agreed, running].some((version) => version !== undefined && minorsAhead(oldest, version) > 0);
}

const lowest = (versions: readonly string[]): Version | undefined =>
  versions
    .flatMap((text) => parseVersion(text) ?? [])
    .reduce<Version | undefined>(
      (one, other) => (one === undefined || minorsAhead(one, other) < 0 ? other : one),
      undefined,
    );
