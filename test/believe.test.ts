import { expect, test } from 'vitest';
import { believe, type Hearsay } from '../src/survey/believe.js';
import type { Claim } from '../src/survey/session.js';
import { controlPlane, inventoryOf } from './desired/inventory-of.js';

/** Asks about what the hosts say, each a word, or a dash for nothing; `shown` and `asked` are what the operator saw. */
async function ask(
  words: string,
  more: { asksAlways?: boolean; accepted?: readonly string[]; unsound?: readonly string[] } = {},
) {
  const asked: Claim[] = [];
  const hosts = [...words].map((_, index) => controlPlane(index + 1));
  const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts });
  const hearsay: Hearsay<string> = {
    what: 'the word',
    doing: 'Asking',
    said: [...words].flatMap((word, index) =>
      word === '-' ? [] : [{ host: hosts[index]!.name, digest: word, value: word }],
    ),
    unsound: new Map((more.unsound ?? []).map((host) => [host, 'damaged'])),
    shown: (value) => `it is ${value}`,
    asksAlways: more.asksAlways ?? false,
  };
  const vouching = {
    accepted: more.accepted ?? [],
    remembers: true,
    ask: async (claim: Claim) => void asked.push(claim),
  };
  const told = await believe({ inventory, vouching }, hearsay);
  return { told, asked: asked.map(({ digest, hosts: by, of, shown }) => ({ digest, by, of, shown })) };
}

test('what most control planes say is believed without a question', async () => {
  expect(await ask('aba')).toEqual({ told: 'a', asked: [] });
});

test('one control plane is no majority: the operator is asked', async () => {
  expect(await ask('a')).toEqual({
    told: 'a',
    asked: [{ digest: 'a', by: ['cp-1'], of: 1, shown: 'it is a' }],
  });
});

test('some things are asked about whoever says them', async () => {
  expect((await ask('aab', { asksAlways: true })).asked).toEqual([
    { digest: 'a', by: ['cp-1', 'cp-2'], of: 3, shown: 'it is a' },
  ]);
});

test('nobody asks about what was accepted by its digest', async () => {
  expect(await ask('a', { accepted: ['a'], asksAlways: true })).toEqual({ told: 'a', asked: [] });
  expect(await ask('ab-', { accepted: ['b'] })).toEqual({ told: 'b', asked: [] });
});

test('where nobody says anything nothing is known', async () => {
  expect(await ask('---')).toEqual({ told: undefined, asked: [] });
});

test('without a majority it is refused, with what each of them says and how to go on', async () => {
  await expect(ask('ab-', { accepted: ['x'], unsound: ['cp-3'] })).rejects.toMatchObject({
    kind: 'refused',
    said: expect.stringMatching(/cp-1: a\ncp-2: b\ncp-3: damaged/),
    next: expect.stringContaining('--accept-record DIGEST'),
  });
});

test('a record that is damaged everywhere is not taken for none', async () => {
  await expect(ask('-', { unsound: ['cp-1'] })).rejects.toMatchObject({ kind: 'refused' });
});
