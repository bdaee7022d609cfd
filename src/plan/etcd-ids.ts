import { etcdIds } from '../desired/hardening/etcd-user.js';
import type { Owner } from '../desired/resource.js';
import type { EtcdAccountFact } from '../observed/facts.js';

/**
 * The ids of etcd's user on a host: those that it has; where there is no such user, those that it gets, which are the first
 * that nobody has, and those of a group that is there. Where all are taken the first, which is then refused. Pure.
 */
export function etcdIdsOn({ user, group, taken }: EtcdAccountFact): Owner {
  if (user !== undefined) return user;
  let uid: number = etcdIds.first;
  while (uid > etcdIds.last && taken.includes(uid)) uid--;
  if (taken.includes(uid)) uid = etcdIds.first;
  return { uid, gid: group ?? uid };
}
