import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { desired } from '../../src/desired/desired.js';
import type { DesiredHost } from '../../src/desired/resource.js';
import { settledAtBirth } from '../../src/desired/settled.js';
import type { KeptFiles } from '../../src/desired/traits.js';
import { defaultTraits } from '../../src/desired/traits.js';
import { publicPartOf } from '../../src/host/public-kubeconfig.js';
import type { FileFact, HostFacts } from '../../src/observed/facts.js';
import type { Keys } from '../../src/pki/keys.js';
import { noteKept } from '../../src/pki/store/kept-notes.js';
import { openKeystore } from '../../src/pki/store/keystore.js';
import { diffHost } from '../../src/plan/diff/diff-host.js';
import { judgeOnHost } from '../../src/plan/diff/judge-on-host.js';
import { keptPairs } from '../../src/plan/diff/kept-pairs.js';
import { reveal } from '../../src/secret.js';
import { digestOf } from '../../src/secrets/digest.js';
import { cluster, inDays, now, scratch } from '../pki/cluster.js';
import { bareFacts } from './facts-of.js';

const inventory = cluster();
const later = inDays(250);
const [one, other] = [scratch(), scratch()];
let ours: Keys;
let theirs: Keys;

beforeAll(async () => {
  ours = (await openKeystore({ directory: one, inventory, now })).keys;
  await cp(join(one, 'pki'), join(other, 'pki'), { recursive: true });
  // Due by then: the other operator's copy renews everything.
  theirs = (await openKeystore({ directory: other, inventory, now: later })).keys;
});

const wantedOf = (keys: Keys, kept?: KeptFiles): DesiredHost => {
  const traits = { 'cp-1': { ...defaultTraits({ name: 'cp-1' }), ...(kept ? { kept } : {}) } };
  const settled = settledAtBirth(inventory, keys.clusterId);
  return desired({ inventory, keys, artifacts: [], settled, traits }).hosts[0]!;
};

/** What a host has and tells after a run of whoever has these keys. */
function factsAfter(keys: Keys, change: (fact: FileFact) => FileFact = (fact) => fact): HostFacts {
  const files = wantedOf(keys).resources.flatMap((resource): FileFact[] => {
    const fact = (path: string, mode: number, text: string, content?: string) => ({
      path,
      type: 'file' as const,
      mode,
      uid: 0,
      gid: 0,
      size: 1,
      sha256: digestOf(text),
      ...(content === undefined ? {} : { content }),
    });
    if (resource.kind === 'certificate')
      return [
        fact(resource.path, resource.mode, resource.pem, resource.pem),
        ...(resource.key ? [fact(resource.key.path, resource.key.mode, reveal(resource.key.pem))] : []),
      ];
    if (resource.kind === 'static-pod') return [fact(resource.path, resource.mode, resource.content)];
    if (resource.kind !== 'file') return [];
    const text = reveal(resource.content);
    return [fact(resource.path, resource.mode, text, resource.identity ? publicPartOf(text) : undefined)];
  });
  return bareFacts('cp-1', {
    files: Object.fromEntries(files.map((file) => [file.path, change(file)])),
    applied: Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256!])),
  });
}

const keptOf = (keys: Keys, facts: HostFacts, at = later) =>
  keptPairs(inventory, keys, at)(wantedOf(keys), facts);
const filesOf = (...kept: ReturnType<typeof keptOf>): KeptFiles =>
  Object.assign({}, ...kept.map(({ files }) => files));
const stepsOf = (keys: Keys, facts: HostFacts, kept: KeptFiles, at = later) =>
  diffHost(wantedOf(keys, kept), facts, judgeOnHost(inventory, keys, at), { marker: undefined })
    .filter(({ action }) => ['write-file', 'put-manifest', 'switch-manifest', 'set-mode'].includes(action.do))
    .map(({ action, reason }) => `${'path' in action ? action.path : ''}: ${reason}`);

describe('what another operator has renewed', () => {
  test('stays, certificates and kubeconfigs, and no pod is switched for it', () => {
    const kept = keptOf(ours, factsAfter(theirs));
    expect(kept.map(({ name }) => name).sort()).toEqual(Object.keys(ours.hosts['cp-1']!).sort());
    expect(stepsOf(ours, factsAfter(theirs), filesOf(...kept))).toEqual([]);
  });

  test('is what the hosts have, for who made it', () => {
    expect(keptOf(theirs, factsAfter(theirs))).toEqual([]);
    expect(stepsOf(theirs, factsAfter(theirs), {})).toEqual([]);
  });

  test('replaces what is older, for who made it', () => {
    expect(keptOf(theirs, factsAfter(ours))).toEqual([]);
    expect(stepsOf(theirs, factsAfter(ours), {}).length).toBeGreaterThan(20);
  });

  test.each([
    ['somebody edited since', (facts: HostFacts) => ({ ...facts, applied: {} })],
    [
      'is for another name than the inventory asks for',
      (facts: HostFacts) => facts,
      { apiServer: { certSANs: ['new.example'] } },
    ],
  ])('does not stay where it %s', (_what, change, spec?: object) => {
    const asked = spec === undefined ? inventory : cluster(spec);
    const kept = keptPairs(asked, ours, later)(wantedOf(ours), change(factsAfter(theirs)));
    expect(kept.map(({ name }) => name)).not.toContain('apiserver');
  });

  test('does not stay when it has ended', () => {
    expect(keptOf(ours, factsAfter(theirs), inDays(250 + 366))).toEqual([]);
  });

  test('does not stay in a kubeconfig that leads elsewhere', () => {
    const facts = factsAfter(theirs, (fact) =>
      fact.path.endsWith('/admin.conf')
        ? { ...fact, content: fact.content!.replace(/server: .*/, 'server: https://evil:6443') }
        : fact,
    );
    const names = keptOf(ours, facts).map(({ name }) => name);
    expect(names).not.toContain('admin');
    expect(names).toContain('scheduler');
  });
});

test('of a kubeconfig only lines are looked at that hold no key', () => {
  const conf = wantedOf(ours).resources.find((one) => one.kind === 'file' && one.identity === 'admin');
  const text = conf?.kind === 'file' ? reveal(conf.content) : '';
  const key = /client-key-data: "?([A-Za-z0-9+/=]+)/.exec(text)![1]!;
  expect(key.length).toBeGreaterThan(100);
  expect(publicPartOf(text)).not.toContain(key);
  expect(publicPartOf(JSON.stringify({ users: [{ user: { 'client-key-data': key } }] }))).toBe('');
  expect(publicPartOf(`users: ${key}`)).toContain('users');
});

test('a pair that another operator has renewed is not renewed once more, until that is due or one asks for it', async () => {
  const kept = keptOf(ours, factsAfter(theirs));
  const reopened = async (at: Date, renew?: (host: string | undefined, name: string) => boolean) => {
    const copy = scratch();
    await cp(join(one, 'pki'), join(copy, 'pki'), { recursive: true });
    await noteKept(copy, inventory, ['cp-1'], kept);
    const { renewed, keepAsked } = await openKeystore({
      directory: copy,
      inventory,
      now: at,
      ...(renew ? { renew } : {}),
    });
    return [...renewed, ...(await keepAsked())].filter((name) => name.startsWith('cp-1/'));
  };
  expect(await reopened(later)).toEqual([]);
  expect(await reopened(later, (_host, name) => name === 'apiserver')).toEqual([
    'cp-1/apiserver: its renewal was asked for',
  ]);
  expect((await reopened(inDays(250 + 250))).length).toBe(kept.length);
  // What has ended is made anew whoever else has a better one: a host that lost its own would get nothing else.
  expect((await reopened(inDays(366))).length).toBe(kept.length);

  const copy = scratch();
  await cp(join(one, 'pki'), join(copy, 'pki'), { recursive: true });
  await noteKept(copy, inventory, ['cp-1'], kept);
  await noteKept(copy, inventory, ['cp-1'], []);
  const { renewed } = await openKeystore({ directory: copy, inventory, now: later });
  expect(renewed.filter((name) => name.startsWith('cp-1/')).length).toBe(kept.length);
});
