import { expect, test } from 'vitest';
import { sha256Of } from '../../src/bundle/cache.js';
import { bytesOf, readBlob, world } from './world.js';

const indexType = 'application/vnd.oci.image.index.v1+json';
interface Entry {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
}
type Put = (manifests: readonly Entry[]) => Entry;

const name = 'pause:3.10.2';
const ref = `registry.k8s.io/${name}`;
const attestation = { os: 'unknown', architecture: 'unknown' };
const bare = ({ platform: _, ...entry }: Entry): Entry => entry;

/** Resolves an image whose index is made anew of the entries of the usual one. @returns its digest, and that of the platform in the usual one */
async function resolved(remake: (entries: readonly Entry[], put: Put) => Entry) {
  let usual: readonly Entry[] = [];
  const here = await world({
    remake: (content) => {
      const manifests = new Map(content.manifests);
      const put: Put = (entries) => {
        const document = { schemaVersion: 2, mediaType: indexType, manifests: entries };
        const bytes = Buffer.from(JSON.stringify(document));
        const digest = `sha256:${sha256Of(bytes)}`;
        manifests.set(digest, { mediaType: indexType, bytes });
        return { mediaType: indexType, digest, size: bytes.length };
      };
      usual = JSON.parse(manifests.get(content.tags.get(name)!)!.bytes.toString()).manifests;
      return { ...content, manifests, tags: new Map([...content.tags, [name, remake(usual, put).digest]]) };
    },
  });
  const artifacts = await here.resolve({ archs: ['arm64'] });
  const image = artifacts.list.find((one) => one.kind === 'image' && one.ref === ref);
  if (image?.kind !== 'image') throw new Error('no such image');
  expect(`sha256:${sha256Of(await bytesOf(readBlob(image.blobs[0]!, artifacts)))}`).toBe(image.digest);
  const wanted = usual.find(({ platform }) => platform?.architecture === 'arm64')!.digest;
  return { image: image.digest, wanted };
}

test.each<readonly [string, (entries: readonly Entry[], put: Put) => Entry]>([
  ['an index in an index that names no platform', (entries, put) => put([put(entries)])],
  ['three of them in one another', (entries, put) => put([put([put(entries)])])],
  [
    'an index for each platform, and one of attestations',
    (entries, put) =>
      put([
        { ...put(entries.map(bare)), platform: attestation },
        ...entries.map((entry) => ({ ...put([entry]), platform: entry.platform! })),
      ]),
  ],
  [
    'an index whose first branch leads nowhere',
    (entries, put) => put([put([entries[0]!]), put(entries.slice(1))]),
  ],
  ['manifests of which only the config tells the platform', (entries, put) => put(entries.map(bare))],
])('%s leads to the image of the platform', async (_name, remake) => {
  const { image, wanted } = await resolved(remake);
  expect(image).toBe(wanted);
});

test('without the platform it says which there are', async () => {
  const others = (entries: readonly Entry[]) =>
    entries.filter(({ platform }) => platform?.architecture !== 'arm64');
  const resolving = resolved((entries, put) => put([put(others(entries))]));
  await expect(resolving).rejects.toMatchObject({ said: 'it has no linux/arm64, only linux/amd64' });
});

test('without an end it is given up', async () => {
  const deep = (entries: readonly Entry[], put: Put) => {
    let outer = put(entries);
    for (let level = 0; level < 16; level++) outer = put([outer]);
    return outer;
  };
  await expect(resolved(deep)).rejects.toMatchObject({ said: `${ref} has more than 16 indexes` });
});
