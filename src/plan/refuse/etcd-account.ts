import { etcdUserName, lastSystemId } from '../../desired/hardening/etcd-user.js';
import { Failure } from '../../failure.js';
import type { HostFacts } from '../../observed/facts.js';
import { etcdIdsOn } from '../etcd-ids.js';

/** Users that etcd cannot run as, and hosts on which it can get none. Pure. */
export const refuseEtcdAccounts = (facts: ReadonlyMap<string, HostFacts>): readonly Failure[] =>
  [...facts.values()].flatMap(({ host, etcdAccount }) => {
    if (etcdAccount === undefined) return [];
    const { user, taken } = etcdAccount;
    const ids = etcdIdsOn(etcdAccount);
    if (user === undefined && taken.includes(ids.uid))
      return [
        refused(
          host,
          `there is no user ${etcdUserName}, and every id that podstrap would give it is taken`,
          `Make a user ${etcdUserName} of the system yourself`,
        ),
      ];
    const wrong = [ids.uid, ids.gid].filter((id) => id > lastSystemId);
    return wrong.length === 0
      ? []
      : [
          refused(
            host,
            `its user ${etcdUserName} has the ids ${ids.uid}:${ids.gid}, and above ${lastSystemId} are those of people`,
            `Give it ids of the system with usermod and groupmod, or remove it, and podstrap makes another`,
          ),
        ];
  });

const refused = (host: string, said: string, next: string): Failure =>
  new Failure({
    kind: 'refused',
    doing: 'Looking for the user that etcd is to run as',
    where: { host },
    said,
    next: `Nothing was changed. ${next}, or set spec.hardening.etcdUser to false.`,
  });
