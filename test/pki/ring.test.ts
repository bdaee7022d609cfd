import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { afterAll, describe, expect, it } from 'vitest';
import {
  bornRing,
  isSameLink,
  type Link,
  linkName,
  makeKey,
  plain,
  preparedRing,
  type Ring,
  writerOf,
} from '../../src/pki/encryption/ring.js';
import { readRing, ringText } from '../../src/pki/encryption/ring-text.js';
import { type Goal, stepToward, wantedWriter } from '../../src/pki/encryption/step-toward.js';
import { ringStore } from '../../src/pki/store/ring-file.js';

const key = (provider: 'secretbox' | 'aescbc' | 'aesgcm', seed: number): Link =>
  makeKey(provider, (size) => Buffer.alloc(size, seed));
const links: readonly Link[] = [plain, key('secretbox', 1), key('secretbox', 2), key('aescbc', 3)];
const resources = ['configmaps', 'secrets', 'tokens.example.com'];

const anyLink = fc.constantFrom(...links);
const anyChain = fc.uniqueArray(anyLink, { minLength: 1, maxLength: 4 });
const anyRing: fc.Arbitrary<Ring> = fc
  .dictionary(fc.constantFrom(...resources), anyChain)
  .map((chains) => ({ generation: 3, chains }));
const anyGoal: fc.Arbitrary<Goal> = fc.record({
  resources: fc.uniqueArray(fc.constantFrom(...resources), { minLength: 1 }),
  writer: anyLink,
});

const reads = ({ chains }: Ring, resource: string, link: Link): boolean =>
  (chains[resource] ?? [plain]).some((known) => isSameLink(known, link));

describe('a ring of keys', () => {
  it('is what it was after it was written and read', () => {
    fc.assert(
      fc.property(anyRing, fc.option(fc.constant('secretbox k1'), { nil: undefined }), (ring, toward) => {
        const whole = toward === undefined ? ring : { ...ring, toward };
        const text = ringText(whole);
        expect(ringText(readRing(text)!)).toBe(text);
        expect(readRing(text)).toMatchObject({ generation: 3, ...(toward === undefined ? {} : { toward }) });
        for (const [resource, chain] of Object.entries(ring.chains))
          expect(readRing(text)!.chains[resource]!.map(linkName)).toEqual(chain.map(linkName));
      }),
    );
  });

  it('is an EncryptionConfiguration, with its provider where the benchmark looks for it', () => {
    const text = ringText(bornRing(['secrets'], links[1]!));
    expect(load(text)).toEqual({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [
        {
          resources: ['secrets'],
          providers: [
            {
              secretbox: { keys: [{ name: linkName(links[1]!).split(' ')[1], secret: expect.any(String) }] },
            },
          ],
        },
      ],
    });
    expect(text).toMatch(/providers:\n\s+- secretbox:/);
  });

  it.each([
    ['no YAML', 'a: [b'],
    ['another kind', 'apiVersion: v1\nkind: Secret\nresources: []\n'],
    [
      'a provider that nobody knows',
      ringText(bornRing(['secrets'], links[1]!)).replace('secretbox', 'rot13'),
    ],
    ['a key without a secret', ringText(bornRing(['secrets'], links[1]!)).replace(/secret: .*/, '')],
    ['something without an end', `#${'x'.repeat(300_000)}`],
  ])('is not made of %s', (_what, text) => {
    expect(readRing(text)).toBeUndefined();
  });
});

describe('from any ring to any goal', () => {
  it('each step leaves everything readable to API servers that have taken it and to those that have not', () => {
    fc.assert(
      fc.property(anyRing, anyGoal, (start, goal) => {
        let ring = start;
        // What objects may be written with: by whoever wrote before, and by whoever writes now.
        const data = new Map(resources.map((name) => [name, new Set(start.chains[name] ?? [plain])]));
        for (let steps = 0; ; steps++) {
          expect(steps).toBeLessThan(5);
          const step = stepToward(ring, goal);
          if (step.kind === 'done') break;
          // Before a key is dropped everything has been rewritten.
          if (step.kind === 'drop')
            for (const name of resources) data.set(name, new Set([writerOf(ring, name)]));
          for (const name of resources) {
            for (const one of [ring, step.ring]) data.get(name)!.add(writerOf(one, name));
            for (const written of data.get(name)!)
              for (const one of [ring, step.ring]) {
                const isGone = step.kind === 'drop' && !isSameLink(written, writerOf(ring, name));
                if (!isGone) expect(reads(one, name, written), `${step.kind} ${name}`).toBe(true);
              }
          }
          expect(step.ring.generation).toBe(ring.generation + 1);
          ring = step.ring;
        }
        for (const name of resources) {
          const wanted = wantedWriter(goal, name);
          expect(ring.chains[name] ?? [plain]).toEqual([wanted]);
        }
        expect(ring.toward).toBeUndefined();
      }),
    );
  });

  it('a cluster whose data are plain has its key behind them, and then in front', () => {
    const ring = preparedRing(['secrets'], links[1]!);
    const goal = { resources: ['secrets'], writer: links[1]! };
    const first = stepToward(ring, goal);
    expect(first).toMatchObject({ kind: 'turn', ring: { chains: { secrets: [links[1], plain] } } });
    expect(first.kind !== 'done' && stepToward(first.ring, goal).kind).toBe('drop');
  });
});

describe('the keystore', () => {
  const directory = mkdtempSync(join(tmpdir(), 'podstrap-ring-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('keeps what a ring has lost, for snapshots, and lets nobody else read', async () => {
    const store = ringStore(directory);
    expect(store.load()).toBeUndefined();
    const [one, two] = [store.make('secretbox'), store.make('secretbox')];
    expect(one.name).not.toBe(two.name);
    await store.save(bornRing(['secrets'], one));
    await store.save({ ...bornRing(['secrets'], two), generation: 2 });
    expect(store.retired().map(linkName)).toEqual([linkName(one)]);
    expect(linkName(writerOf(store.load()!, 'secrets'))).toBe(linkName(two));
    for (const name of ['encryption.yaml', 'encryption-retired.yaml'])
      expect(statSync(join(directory, 'pki', name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, 'pki/encryption-retired.yaml'), 'utf8')).toContain(
      one.secret.reveal(),
    );
    expect(JSON.stringify(one)).not.toContain(one.secret.reveal());
  });
});
