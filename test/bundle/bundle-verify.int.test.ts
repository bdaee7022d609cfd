import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identityOf } from '../../src/bundle/file/contents.js';
import { type Bundle, openBundle } from '../../src/bundle/file/open-bundle.js';
import { readSigningKey, signBundle } from '../../src/bundle/file/sign-bundle.js';
import { trustOf } from '../../src/bundle/file/trust.js';
import { type VerifyOptions, verifyBundle } from '../../src/bundle/file/verify-bundle.js';
import { writeBundle } from '../../src/bundle/file/write-bundle.js';
import type { Failure } from '../../src/failure.js';
import { Secret } from '../../src/secret.js';
import { inventoryWith, scratch, world } from './world.js';

async function bundleFile(padding = 0): Promise<string> {
  const { resolve } = await world({ padding, archs: ['amd64'] });
  const out = join(await scratch(), 'b.tar');
  await writeBundle(await resolve(), { out, created: 1_700_000_000 });
  return out;
}

const failureOf = (file: string, options?: VerifyOptions): Promise<Failure | undefined> =>
  verifyBundle(file, options).then(
    () => undefined,
    (error) => error,
  );

test('a whole bundle passes, and progress ends where everything was checked', async () => {
  const file = await bundleFile(3_000_000);
  const told: number[] = [];
  const bundle = await verifyBundle(file, { onBytes: (checked, total) => told.push(checked / total) });
  expect(bundle.digest).toBe((await openBundle(file)).digest);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(1);
});

describe('bytes that were changed', () => {
  /** A place in the file: mostly in contents of blobs, with a share for headers, paddings and the end. */
  const placeIn = ({ members, size }: Bundle) =>
    fc.oneof(
      fc.integer({ min: 0, max: size - 1 }),
      fc
        .tuple(fc.constantFrom(...members), fc.integer({ min: -512, max: 511 }))
        .map(([member, by]) => (by < 0 ? member.offset + by : member.offset + member.size + by))
        .filter((at) => at < size),
      fc.integer({ min: size - 1024, max: size - 1 }),
    );
  const changeIn = (bundle: Bundle) =>
    fc.record({ at: placeIn(bundle), by: fc.integer({ min: 1, max: 255 }) });

  /** What a report calls the thing that holds a byte. */
  function nameOf(at: number, { members, size }: Bundle): string {
    if (at >= size - 1024) return 'the end';
    const { name, offset, size: length } = members.findLast((member) => member.offset - 512 <= at)!;
    if (at < offset) return `the header of ${name}`;
    return at < offset + length ? name : `the padding after ${name}`;
  }

  async function failureWith(
    file: string,
    bytes: Buffer,
    changes: readonly { readonly at: number; readonly by: number }[],
  ): Promise<Failure | undefined> {
    const copy = `${file}.damaged`;
    const changed = Buffer.from(bytes);
    for (const { at, by } of changes) changed[at]! ^= by;
    await writeFile(copy, changed);
    return failureOf(copy);
  }

  test('are refused wherever they are, and what holds them is named', async () => {
    const file = await bundleFile(200);
    const bytes = await readFile(file);
    const bundle = await openBundle(file);
    await fc.assert(
      fc.asyncProperty(changeIn(bundle), async (change) => {
        const failure = await failureWith(file, bytes, [change]);
        expect(failure?.kind).toBe('artifact');
        expect(failure?.next).toContain('opy it again');
        // Without its first name it could be any file.
        if (change.at < 'oci-layout'.length + 1) expect(failure?.said).toBe('it is not a bundle of podstrap');
        else expect(failure?.said).toContain(nameOf(change.at, bundle));
      }),
      { numRuns: 150 },
    );
  });

  test('are all named at once, when what the bundle says of itself is whole', async () => {
    const file = await bundleFile(200);
    const bytes = await readFile(file);
    const bundle = await openBundle(file);
    const isSaid = (at: number): boolean =>
      at < bundle.members[3]!.offset - 512 || [...bundle.documents.keys()].includes(nameOf(at, bundle));
    const changes = fc.uniqueArray(
      changeIn(bundle).filter(({ at }) => !isSaid(at)),
      { selector: ({ at }) => nameOf(at, bundle), minLength: 2, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(changes, async (several) => {
        const lines = (await failureWith(file, bytes, several))?.said?.split('\n') ?? [];
        expect(lines.length).toBe(several.length);
        for (const { at } of several)
          expect(
            lines.some((line) => line.startsWith('damaged: ') && line.includes(nameOf(at, bundle))),
          ).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

test('every damaged thing is named at once', async () => {
  const file = await bundleFile();
  const { blobs, list } = await openBundle(file);
  const bytes = await readFile(file);
  const binaries = list.filter((one) => one.kind === 'binary').slice(0, 2);
  for (const { sha256 } of binaries) bytes[blobs.get(sha256)!.offset]! ^= 1;
  const image = list.find((one) => one.kind === 'image')!;
  bytes[blobs.get(image.blobs.at(-1)!.sha256)!.offset - 200]! ^= 1;
  await writeFile(file, bytes);
  const failure = await failureOf(file);
  for (const binary of binaries) expect(failure?.said).toContain(`${identityOf(binary)} (blobs/sha256/`);
  expect(failure?.said).toContain(`the header of blobs/sha256/${image.blobs.at(-1)!.sha256}`);
  expect(failure?.said?.split('\n').length).toBe(3);
});

test('a bundle that is cut off says where, whatever is left of it', async () => {
  const file = await bundleFile();
  const { length } = await readFile(file);
  for (const left of [length - 1, length - 1024, length >> 1, 5000, 2000, 600, 100, 10, 3, 0]) {
    await copyFile(file, `${file}.cut`);
    await truncate(`${file}.cut`, left);
    expect((await failureOf(`${file}.cut`))?.said).toMatch(
      /^it is cut off: \d+ of \d+ bytes|^it is cut off after \d+ bytes/,
    );
  }
  await writeFile(`${file}.long`, Buffer.concat([await readFile(file), Buffer.from('x')]));
  expect((await failureOf(`${file}.long`))?.said).toBe('damaged: its end (1 bytes too many)');
});

test('what is no bundle, and what a newer podstrap made, is told apart from damage', async () => {
  const directory = await scratch();
  const other = join(directory, 'other');
  await writeFile(other, 'a shopping list');
  expect((await failureOf(other))?.said).toBe('it is not a bundle of podstrap');
  expect((await failureOf(join(directory, 'missing')))?.said).toMatch(/ENOENT/);
  expect(await failureOf(directory)).toMatchObject({
    kind: 'artifact',
    said: expect.stringContaining('EISDIR'),
  });
  const file = await bundleFile();
  const text = await readFile(file, 'latin1');
  const newer = text.replace('"io.podstrap.bundle.version":"2"', '"io.podstrap.bundle.version":"9"');
  const { members } = await openBundle(file);
  const { offset, size } = members[2]!;
  const index = Buffer.from(newer, 'latin1').subarray(offset, offset + size);
  const { sha256Of } = await import('../../src/bundle/cache.js');
  const sum = Buffer.from(newer, 'latin1');
  sum.write(sha256Of(index), members[1]!.offset);
  await writeFile(file, sum);
  expect((await failureOf(file))?.said).toBe(
    'it was made by a newer podstrap: its format is 9, this podstrap reads up to 2',
  );
});

test('a check that is told to stop stops', async () => {
  const stop = new AbortController();
  stop.abort();
  expect((await failureOf(await bundleFile(), { signal: stop.signal }))?.kind).toBe('interrupted');
});

describe('signatures', () => {
  const pairs = [
    ['ECDSA P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['RSA 2048', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const;
  const none = async () => undefined;

  async function signed(pair: (typeof pairs)[number][1]) {
    const file = await bundleFile();
    const keyFile = `${file}.pub`;
    await writeFile(`${file}.key`, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(keyFile, pair.publicKey.export({ type: 'spki', format: 'pem' }));
    await signBundle(file, await readSigningKey(`${file}.key`, none), `${file}.sig`);
    return { file, keyFile };
  }

  test.each(pairs)('%s: what is signed passes, here and with openssl', async (_kind, pair) => {
    const { file, keyFile } = await signed(pair);
    expect(await failureOf(file, { trust: { keyFile } })).toBe(undefined);
    await writeFile(`${file}.der`, Buffer.from(await readFile(`${file}.sig`, 'utf8'), 'base64'));
    const said = execFileSync('openssl', [
      'dgst',
      '-sha256',
      '-verify',
      keyFile,
      '-signature',
      `${file}.der`,
      file,
    ]);
    expect(said.toString().trim()).toBe('Verified OK');
  });

  test('the inventory’s key is found beside it, and none is asked for without one', async () => {
    const { file, keyFile } = await signed(pairs[0][1]);
    const naming = inventoryWith(
      { artifacts: { bundle: { publicKeyFile: basename(keyFile) } } },
      dirname(file),
    );
    expect(await failureOf(file, { trust: trustOf(naming, '/') })).toBe(undefined);
    await rm(`${file}.sig`);
    expect(await failureOf(file, { trust: trustOf(naming, '/') })).toMatchObject({ kind: 'refused' });
    expect(trustOf(inventoryWith({}), '/')).toBe(undefined);
  });

  test('what openssl signs passes', async () => {
    const { file, keyFile } = await signed(pairs[0][1]);
    const raw = execFileSync('openssl', ['dgst', '-sha256', '-sign', `${file}.key`, file]);
    const signatureFile = `${file}.openssl`;
    await writeFile(signatureFile, raw.toString('base64'));
    expect(await failureOf(file, { trust: { keyFile, signatureFile } })).toBe(undefined);
  });

  test('another key, another file, no signature, and no key are refused, each with its reason', async () => {
    const { file, keyFile } = await signed(pairs[0][1]);
    const other = await signed(pairs[1][1]);
    const crossed = await failureOf(file, { trust: { keyFile: other.keyFile } });
    expect(crossed).toMatchObject({ kind: 'refused' });
    expect(crossed?.said).toContain('does not match the file and the key');
    await writeFile(`${file}.sig`, 'bm8=');
    expect(await failureOf(file, { trust: { keyFile } })).toMatchObject({ kind: 'refused' });
    const missing = await failureOf(file, { trust: { keyFile, signatureFile: `${file}.none` } });
    expect(missing).toMatchObject({ kind: 'refused' });
    expect(missing?.said).toMatch(/^it is not signed/);
    expect(await failureOf(file, { trust: { keyFile: file } })).toMatchObject({ kind: 'usage' });
    expect(await failureOf(file, { trust: { keyFile: `${file}.key` } })).toMatchObject({ kind: 'usage' });
  });

  test('a damaged file is named as damaged, not only as wrongly signed', async () => {
    const { file, keyFile } = await signed(pairs[0][1]);
    const bytes = await readFile(file);
    const { blobs, list } = await openBundle(file);
    const kubelet = list.find((one) => one.kind === 'binary' && one.name === 'kubelet')!;
    bytes[blobs.get((kubelet as { sha256: string }).sha256)!.offset]! ^= 1;
    await writeFile(file, bytes);
    expect((await failureOf(file, { trust: { keyFile } }))?.said).toContain('kubelet v1.36.3 amd64');
  });

  test('an encrypted key wants its passphrase, and no other', async () => {
    const file = join(await scratch(), 'k');
    const pem = pairs[0][1].privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open sesame',
    });
    await writeFile(file, pem);
    await expect(readSigningKey(file, none)).rejects.toMatchObject({ kind: 'usage' });
    await expect(readSigningKey(file, async () => new Secret('wrong'))).rejects.toMatchObject({
      kind: 'usage',
    });
    const key = await readSigningKey(file, async () => new Secret('open sesame'));
    expect(key.asymmetricKeyType).toBe('ec');
  });

  test('keys of other kinds are refused with what to use instead', async () => {
    const file = join(await scratch(), 'k');
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await expect(readSigningKey(file, none)).rejects.toMatchObject({
      kind: 'usage',
      said: 'it is a key for ed25519',
    });
  });
});
