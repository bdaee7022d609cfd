import type { Owner } from '../../desired/resource.js';
import { unsound } from '../../failure.js';
import type { EtcdAccountFact, HostFacts } from '../facts.js';
import type { Sections } from '../sections.js';
import { told } from '../told.js';

/** Ids have 32 bits, and all of them set means nobody. */
const most = 2 ** 32 - 2;

/** @throws Failure `unsound` for what is no id, for root's, and for a name that is there twice */
export function parseEtcdAccount(all: Sections): Pick<HostFacts, 'etcdAccount'> {
  const lines = all.get('etcd-account');
  if (lines === undefined) return {};
  const saying = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const user = onlyOne('a user', saying('user'), ownerIn);
  const group = onlyOne('a group', saying('group'), (text) => idIn('the group', text));
  const etcdAccount: EtcdAccountFact = {
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    taken: [...new Set(saying('taken').map((text) => idIn('an id', text)))],
  };
  return { etcdAccount };
}

function onlyOne<T>(what: string, found: readonly string[], read: (text: string) => T): T | undefined {
  if (found.length > 1) throw unsound(`it has ${what} etcd ${found.length} times`);
  return found[0] === undefined ? undefined : read(found[0]);
}

function ownerIn(text: string): Owner {
  const [uid = '', gid = '', ...more] = text.split(':');
  if (more.length > 0) throw unsound('its user etcd has more than two ids');
  return { uid: idIn('the user', uid), gid: idIn('the group of the user', gid) };
}

function idIn(what: string, text: string): number {
  const id = Number(told(`the id of ${what} etcd`, text, /^[1-9]\d{0,9}$/) ?? Number.NaN);
  if (id >= 1 && id <= most) return id;
  throw unsound(`${what} etcd has no id that could be one`);
}
