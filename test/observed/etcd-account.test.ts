import { describe, expect, it, test } from 'vitest';
import { parseEtcdAccount } from '../../src/observed/probe/parse-etcd-account.js';
import { etcdIdsOn } from '../../src/plan/etcd-ids.js';
import { refuseEtcdAccounts } from '../../src/plan/refuse/etcd-account.js';
import { bareFacts } from '../plan/facts-of.js';

const said = (...lines: readonly string[]) =>
  parseEtcdAccount(new Map([['etcd-account', lines]])).etcdAccount;

describe('the account of etcd that a host tells of', () => {
  it('is nothing where nobody asked', () => {
    expect(parseEtcdAccount(new Map())).toEqual({});
  });

  it('is a user, a group, and ids that others have', () => {
    expect(said('user 115:121', 'taken 760', 'taken 760', 'group 121')).toEqual({
      user: { uid: 115, gid: 121 },
      group: 121,
      taken: [760],
    });
  });

  test.each([
    ['user 0:0'],
    ['user 0:115'],
    ['user 115:0'],
    ['user 115'],
    ['user 115:'],
    ['user 115:115:115'],
    ['user -1:115'],
    ['user 1e2:115'],
    ['user 4294967295:115'],
    ['user 00115:115'],
    ['user $(id):115'],
    ['group 0'],
    ['group '],
    ['taken x'],
  ])('of a host that says %j is unsound', (line) => {
    expect(() => said(line)).toThrow(expect.objectContaining({ kind: 'unsound' }));
  });

  it('of a host with two users of the name is unsound', () => {
    expect(() => said('user 115:115', 'user 116:116')).toThrow(expect.objectContaining({ kind: 'unsound' }));
  });
});

describe('the ids that etcd’s user has', () => {
  const free = { taken: [] };
  test.each([
    ['those that it has', { user: { uid: 115, gid: 121 }, taken: [] }, { uid: 115, gid: 121 }],
    ['the first, where nobody has it', free, { uid: 760, gid: 760 }],
    ['the next that is free', { taken: [759, 760, 757] }, { uid: 758, gid: 758 }],
    ['the group’s, where only that is there', { group: 300, taken: [] }, { uid: 760, gid: 300 }],
  ])('are %s', (_name, account, ids) => {
    expect(etcdIdsOn(account)).toEqual(ids);
  });

  const refused = (etcdAccount: Parameters<typeof etcdIdsOn>[0]) =>
    refuseEtcdAccounts(new Map([['cp-1', bareFacts('cp-1', { etcdAccount })]])).map(({ message }) => message);
  it('are those of the system, and one is left', () => {
    expect(refused(free)).toEqual([]);
    expect(refused({ user: { uid: 999, gid: 1 }, taken: [] })).toEqual([]);
    expect(refused({ user: { uid: 1001, gid: 1001 }, taken: [] })[0]).toContain('1001:1001');
    expect(refused({ group: 1001, taken: [] })[0]).toContain('760:1001');
    const taken = Array.from({ length: 41 }, (_, index) => 720 + index);
    expect(refused({ taken })[0]).toContain('every id');
    expect(refused({ user: { uid: 760, gid: 760 }, taken })).toEqual([]);
  });
});
