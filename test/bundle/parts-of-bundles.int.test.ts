import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { identityOf } from '../../src/bundle/file/contents.js';
import { diffBundles } from '../../src/bundle/file/diff-bundles.js';
import { mergeBundles } from '../../src/bundle/file/merge-bundles.js';
import { openBundle } from '../../src/bundle/file/open-bundle.js';
import { verifyBundle } from '../../src/bundle/file/verify-bundle.js';
import { writeBundle } from '../../src/bundle/file/write-bundle.js';
import { type Artifact, type Artifacts, blobsOf } from '../../src/desired/artifact.js';
import { scratch, world } from './world.js';

const identities = (list: readonly Artifact[]) => list.map(identityOf).sort();

/** Everything for both architectures, and a folder; `write` makes a bundle of some of it. */
async function desk() {
  const { resolve } = await world({ padding: 400 });
  const { list, place } = await resolve({ archs: ['amd64', 'arm64'] });
  const directory = await scratch();
  const out = (name: string) => join(directory, name);
  const write = (name: string, some: Artifacts['list'], base?: Awaited<ReturnType<typeof openBundle>>) =>
    writeBundle(
      { list: some, place },
      {
        out: out(name),
        created: 0,
        base: base && { digest: base.digest, blobs: new Set(base.blobs.keys()) },
      },
    );
  return { list, out, write };
}

test('whatever two bundles hold, the first and the delta of the second are both, to the byte', async () => {
  const { list, out, write } = await desk();
  await fc.assert(
    fc.asyncProperty(
      fc.subarray([...list]),
      fc.subarray([...list]),
      fc.boolean(),
      async (one, two, turned) => {
        await write('one.tar', one);
        const base = await openBundle(out('one.tar'));
        await write('delta.tar', two, base);
        const delta = await verifyBundle(out('delta.tar'));
        const both = await write(
          'both.tar',
          list.filter((each) => one.includes(each) || two.includes(each)),
        );
        const pair = turned ? ([delta, base] as const) : ([base, delta] as const);
        expect(await mergeBundles(...pair, { out: out('merged.tar') })).toEqual(both);
        const carried = [...delta.blobs.values()].filter(({ name }) => !delta.documents.has(name));
        expect(carried.filter(({ sha256 }) => base.blobs.has(sha256))).toEqual([]);
        await verifyBundle(out('merged.tar'));
      },
    ),
    { numRuns: 12 },
  );
});

test('a bundle does not tell in what order its parts were given', async () => {
  const { list, out, write } = await desk();
  const whole = await write('whole.tar', list);
  const shuffled = fc.shuffledSubarray([...list], { minLength: list.length });
  await fc.assert(
    fc.asyncProperty(shuffled, async (order) => {
      expect(await write('again.tar', order)).toEqual(whole);
    }),
    { numRuns: 8 },
  );
  expect(identities((await openBundle(out('again.tar'))).list)).toEqual(identities(list));
});

test('the comparison of any two bundles accounts for everything in both', async () => {
  const { list } = await desk();
  /** The same under the same name, or with other content. */
  const other = (artifact: Artifact): Artifact =>
    artifact.kind === 'binary'
      ? { ...artifact, sha256: artifact.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }
      : artifact;
  const some = fc.subarray([...list]);
  fc.assert(
    fc.property(some, some, some, (one, two, altered) => {
      const second = two.map((artifact) => (altered.includes(artifact) ? other(artifact) : artifact));
      const { added, removed, changed, same, more } = diffBundles(one, second);
      const names = identities(one);
      expect(identities(added)).toEqual(identities(second).filter((name) => !names.includes(name)));
      expect(identities([...removed, ...changed.map(({ from }) => from)]).length + same).toBe(one.length);
      expect(added.length + changed.length + same).toBe(second.length);
      for (const { from, to } of changed) expect(identityOf(from)).toBe(identityOf(to));
      const held = new Set(one.flatMap(blobsOf).map(({ sha256 }) => sha256));
      const missing = new Map(
        second.flatMap(blobsOf).flatMap(({ sha256, size }) => (held.has(sha256) ? [] : [[sha256, size]])),
      );
      expect(more).toBe([...missing.values()].reduce((sum, size) => sum + size, 0));
      const back = diffBundles(second, one);
      expect(identities(back.added)).toEqual(identities(removed));
      expect(back.changed.length).toBe(changed.length);
    }),
  );
});
