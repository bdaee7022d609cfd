import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Kubeconfig } from '../../src/cli/files/kubeconfig-entries.js';
import { mergeKubeconfig } from '../../src/cli/files/merge-kubeconfig.js';
import { kubeconfig } from '../../src/desired/identity/kubeconfig.js';
import { openKeystore } from '../../src/pki/store/keystore.js';
import type { Secret } from '../../src/secret.js';
import { cluster, controlPlane, now } from '../pki/cluster.js';

const base = mkdtempSync(join(tmpdir(), 'podstrap-merge-'));
afterAll(() => rmSync(base, { recursive: true }));

/** The administrator's kubeconfig of a cluster with an authority of its own. All of them have the same name and address. */
async function administrator(
  directory: string,
  endpoint = '10.0.0.10:6443',
  renewed = false,
): Promise<Secret> {
  const inventory = cluster({ hosts: [controlPlane(1)], encryptionAlgorithm: 'ECDSA-P256' });
  const renew = renewed ? { renew: () => true } : {};
  const { keys } = await openKeystore({ directory: join(base, directory), inventory, now, ...renew });
  return kubeconfig({
    ...{ endpoint, cluster: 'prod', user: 'prod-admin', authority: keys.authorities.ca.certificate },
    client: keys.hosts['cp-1']!['admin']!,
  });
}

let ours: Secret;
let renewed: Secret;
let theirs: Secret;
beforeAll(async () => {
  ours = await administrator('ours');
  renewed = await administrator('ours', '10.0.0.9:6443', true);
  theirs = await administrator('theirs');
});

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(base, 'case-')), 'config');
  writeFileSync(file, text);
  return file;
}
const read = (file: string) => load(readFileSync(file, 'utf8')) as Required<Kubeconfig>;
const names = (file: string) => {
  const { clusters, users, contexts, 'current-context': current } = read(file);
  const of = (entries: Kubeconfig['clusters']) => entries!.map(({ name }) => name);
  return { clusters: of(clusters), users: of(users), contexts: of(contexts), current };
};
const entries = (text: string): Kubeconfig => load(text) as Kubeconfig;

describe('entries of our names that belong to another cluster', () => {
  test('stay as they are, and ours are named apart, once and for all', async () => {
    const file = fileWith(theirs.reveal());
    const done = await mergeKubeconfig(file, ours);
    expect(done).toEqual({
      context: 'prod-admin@prod-2',
      renamed: true,
      backup: `${file}.podstrap-backup`,
    });
    const both = {
      clusters: ['prod', 'prod-2'],
      users: ['prod-admin', 'prod-admin-2'],
      contexts: ['prod-admin@prod', 'prod-admin@prod-2'],
      current: 'prod-admin@prod-2',
    };
    expect(names(file)).toEqual(both);
    const before = entries(theirs.reveal());
    expect(read(file).clusters![0]).toEqual(before.clusters![0]);
    expect(read(file).users![0]).toEqual(before.users![0]);
    expect(read(file).contexts![1]).toMatchObject({ context: { cluster: 'prod-2', user: 'prod-admin-2' } });

    const text = readFileSync(file, 'utf8');
    await mergeKubeconfig(file, ours);
    expect(readFileSync(file, 'utf8')).toBe(text);
    await mergeKubeconfig(file, renewed);
    expect(names(file)).toEqual(both);
    expect(read(file).users![1]).toMatchObject({ user: entries(renewed.reveal()).users![0]!['user'] });
  });

  test('are not theirs to take: a third cluster finds its own place', async () => {
    const file = fileWith(theirs.reveal());
    await mergeKubeconfig(file, ours);
    await mergeKubeconfig(file, await administrator('third'));
    expect(names(file).clusters).toEqual(['prod', 'prod-2', 'prod-3']);
    await mergeKubeconfig(file, theirs);
    expect(names(file)).toMatchObject({ clusters: ['prod', 'prod-2', 'prod-3'], current: 'prod-admin@prod' });
  });

  test.each([
    ['a user of our name', { users: [{ name: 'prod-admin', user: { token: 'x' } }] }],
    [
      'a context of our name',
      { contexts: [{ name: 'prod-admin@prod', context: { cluster: 'a', user: 'b' } }] },
    ],
    [
      'a user of our name at a cluster of theirs',
      {
        users: [{ name: 'prod-admin', user: { token: 'x' } }],
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'prod-admin' } }],
      },
    ],
    [
      'a cluster of our name at our address, whose authority nobody knows',
      { clusters: [{ name: 'prod', cluster: { server: 'https://10.0.0.10:6443' } }] },
    ],
  ])('%s is kept', async (_title, config) => {
    const file = fileWith(dump({ apiVersion: 'v1', kind: 'Config', ...config }));
    await mergeKubeconfig(file, ours);
    expect(read(file)).toMatchObject(
      Object.fromEntries(
        Object.entries(config).map(([kind, [one]]) => [kind, expect.arrayContaining([one])]),
      ),
    );
    expect(names(file)).toMatchObject({ current: 'prod-admin@prod-2' });
  });
});

describe('entries of ours', () => {
  test('take the place of earlier ones, with another address and certificate too, and keep the namespace', async () => {
    const before = entries(ours.reveal());
    const context = { ...(before.contexts![0]!['context'] as object), namespace: 'shop' };
    const file = fileWith(
      dump({ ...before, contexts: [{ name: 'prod-admin@prod', context }], preferences: {} }),
    );
    await mergeKubeconfig(file, renewed);
    const after = entries(renewed.reveal());
    expect(read(file)).toMatchObject({
      clusters: after.clusters,
      users: after.users,
      contexts: [{ name: 'prod-admin@prod', context }],
      preferences: {},
    });
  });

  test('that are there already change nothing, and make no backup', async () => {
    const file = fileWith('');
    expect(await mergeKubeconfig(file, ours)).toEqual({ context: 'prod-admin@prod', renamed: false });
    await mergeKubeconfig(file, ours);
    expect(readdirSync(join(file, '..'))).toEqual(['config']);
  });
});

test('what was there before is beside it', async () => {
  const file = fileWith(theirs.reveal());
  const { backup } = await mergeKubeconfig(file, ours);
  expect(readFileSync(backup!, 'utf8')).toBe(theirs.reveal());
});

test.each([
  ['passwords of the system', 'root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\n'],
  ['words', 'a shopping list\n'],
  ['remarks', '# nothing but a remark\n'],
  ['a list', '- a\n- b\n'],
  ['an inventory', 'apiVersion: podstrap.io/v1alpha1\nkind: Cluster\nmetadata: { name: prod }\n'],
  ['a manifest', 'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\n'],
  ['any mapping', 'name: x\nversion: 2\n'],
  ['lists of something else', 'apiVersion: v1\nkind: Config\nclusters: [a, b]\n'],
  [
    'a value that means a billion others',
    `kind: Config\na0: &a0 [x]\n${Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 9 }, () => `*a${n}`).join(', ')}]`).join('\n')}\n`,
  ],
])('a file with %s is no kubeconfig, and stays as it is', async (_title, text) => {
  const file = fileWith(text);
  await expect(mergeKubeconfig(file, ours)).rejects.toMatchObject({ kind: 'usage' });
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(readdirSync(join(file, '..'))).toEqual(['config']);
});
