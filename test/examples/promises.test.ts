import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** What people are told that they may do with a cluster that lives: where, in which words, and the test that does it. */
const promises: readonly (readonly [place: string, words: string, file: string, title: string])[] = [
  [
    'src/plan/refuse/refusals.ts',
    'it may only grow around them',
    'test/failures/settled.int.test.ts',
    'the network of the pods grows around what is there, as the refusal says that it may',
  ],
  [
    'docs/network.md',
    '`podSubnet` may grow around what is there',
    'test/failures/settled.int.test.ts',
    'the network of the pods grows around what is there, as the refusal says that it may',
  ],
  [
    'docs/network.md',
    'A live cluster may change from `none` to `manifests`',
    'test/failures/manifests.int.test.ts',
    'a cluster that lives with a network of somebody else’s takes up manifests',
  ],
  [
    'docs/grow-and-shrink.md',
    'To rename one:',
    'test/failures/renamed.int.test.ts',
    'a host is renamed as the refusal says: it leaves, and comes back under another name',
  ],
  [
    'src/plan/refuse/other-machine.ts',
    'To rename it: take ',
    'test/failures/renamed.int.test.ts',
    'a host is renamed as the refusal says: it leaves, and comes back under another name',
  ],
  [
    'src/plan/refuse/refuse-removals.ts',
    'Give it its role back and let it leave first',
    'test/failures/roles.int.test.ts',
    'a control plane becomes a worker as the refusal says: it leaves, and comes back',
  ],
  [
    'docs/grow-and-shrink.md',
    'A worker becomes a control plane',
    'test/failures/roles.int.test.ts',
    'a worker becomes a control plane: its balancer lets the port go before the API server takes it',
  ],
  [
    'docs/endpoint.md',
    'Changing the port of the API servers',
    'test/failures/settled.int.test.ts',
    'the API servers go to another port, one after another, and everybody follows',
  ],
  [
    'docs/upgrade.md',
    'A patch release may be taken back',
    'test/plan/judge-upgrade.test.ts',
    'a patch down, as kubeadm allows',
  ],
  [
    'docs/upgrade.md',
    'an upgrade that stopped midway may also be taken back by hand',
    'test/plan/judge-upgrade.test.ts',
    'an interrupted upgrade is taken back',
  ],
];

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test.each(promises)('%s: “%s” has a test that does it', (place, words, file, title) => {
  expect(read(place)).toContain(words);
  expect(read(file)).toContain(title);
});

test('no refusal says that something may be done which is not in this list', () => {
  const folder = 'src/plan';
  const promised = promises.map(([, words]) => words);
  const said = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /refus|judge|other-machine/.test(file) && file.endsWith('.ts'))
    .flatMap((file) => read(`${folder}/${file}`).match(/[^\n'`]*\b(?:it|they|you) may\b[^\n'`]*/g) ?? [])
    .filter((line) => !/^\s*(\*|\/\*\*|\/\/)/.test(line));
  expect(said.length).toBeGreaterThan(0);
  expect(said.filter((line) => promised.every((words) => !line.includes(words)))).toEqual([]);
});
