import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sha256Of } from '../../src/bundle/cache.js';
import type { Failure } from '../../src/failure.js';
import { startUpstream } from '../../src/practice/upstream/upstream.js';
import { type World, world } from './world.js';

const kubelet = '/release/v1.36.3/bin/linux/amd64/kubelet';
const pause = '/v2/pause/manifests/3.10.2';

const failureOf = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );

const askedFor = ({ upstream }: World, path: string) =>
  upstream.requests.filter((one) => one.path === path).length;

/** Whether every file in the cache has the digest that it is named after. */
async function cacheIsSound(cacheDirectory: string): Promise<boolean> {
  const blobs = join(cacheDirectory, 'blobs', 'sha256');
  const digests = await Promise.all(
    (await readdir(blobs)).map(async (name) => [name, sha256Of(await readFile(join(blobs, name)))]),
  );
  return digests.every(([name, digest]) => name === digest);
}

describe('what will not pass is reported at once', () => {
  test.each([
    ['a file that the mirror lacks', kubelet, 404, 'HTTP 404: it is not there', 'mirror'],
    ['an image that the mirror lacks', pause, 404, 'HTTP 404: it is not there', 'mirror'],
    ['a file that is forbidden', kubelet, 403, 'HTTP 403: it requires credentials', 'username'],
    ['an answer that makes no sense', kubelet, 418, 'HTTP 418', 'again'],
  ])('%s', async (_, path, status, said, next) => {
    const here = await world();
    here.upstream.faults.push({ path, kind: 'status', status });
    const failure = await failureOf(here.resolve());
    expect(failure).toMatchObject({ kind: 'artifact', said, doing: `Fetching ${here.upstream.url}${path}` });
    expect(failure.next).toContain(next);
    expect(failure.where.step).toMatch(/^(kubelet v1.36.3|registry.k8s.io\/pause:3.10.2) amd64$/);
    expect(askedFor(here, path)).toBe(1);
  });

  test('everything that is missing, together', async () => {
    const here = await world();
    here.upstream.faults.push({ path: pause, kind: 'status', status: 404 });
    here.upstream.faults.push({ path: kubelet, kind: 'status', status: 404 });
    const error = await failureOf(here.resolve());
    expect(error).toMatchObject({ failures: [{ kind: 'artifact' }, { kind: 'artifact' }] });
    here.upstream.faults.length = 0;
    expect((await here.resolve()).list.length).toBe(21);
  });

  test('a server that is not there, once for all artifacts', async () => {
    const here = await world();
    await here.upstream.close();
    const failure = await failureOf(here.resolve());
    expect(failure).toMatchObject({ name: 'Failure', kind: 'artifact' });
    expect(failure.said).toContain(here.upstream.url);
    expect(failure.where).toEqual({});
  });
});

describe('what may pass is tried again', () => {
  test.each([500, 502, 503, 504, 429, 408])('HTTP %d', async (status) => {
    const here = await world();
    here.upstream.faults.push({ path: kubelet, kind: 'status', status, times: 2 });
    here.upstream.faults.push({ path: pause, kind: 'status', status, times: 2 });
    expect((await here.resolve()).list.length).toBe(21);
    expect(askedFor(here, kubelet)).toBe(3);
  });

  test('and reported when it does not', async () => {
    const here = await world();
    here.upstream.faults.push({ path: kubelet, kind: 'status', status: 503 });
    expect(await failureOf(here.resolve())).toMatchObject({ kind: 'artifact', said: 'HTTP 503' });
    expect(askedFor(here, kubelet)).toBe(4);
  });

  test('a checksum or a manifest that breaks off', async () => {
    const here = await world();
    here.upstream.faults.push({ path: `${kubelet}.sha256`, kind: 'break', after: 10, times: 1 });
    here.upstream.faults.push({ path: pause, kind: 'break', after: 10, times: 1 });
    expect((await here.resolve()).list.length).toBe(21);
  });
});

test('a wrong checksum names both digests and the address, and leaves nothing behind', async () => {
  const here = await world();
  here.upstream.faults.push({ path: kubelet, kind: 'flip', offset: 3 });
  const failure = await failureOf(here.resolve());
  expect(failure).toMatchObject({ kind: 'artifact', doing: `Verifying ${here.upstream.url}${kubelet}` });
  expect(failure.said).toMatch(/^expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}$/);
  expect(await readdir(join(here.cacheDirectory, 'parts'))).toEqual([]);
  expect(await cacheIsSound(here.cacheDirectory)).toBe(true);
});

test('a checksum file that is something else is refused', async () => {
  const here = await world();
  here.upstream.faults.push({ path: `${kubelet}.sha256`, kind: 'flip', offset: 0, mask: 0x80 });
  expect(await failureOf(here.resolve())).toMatchObject({
    kind: 'artifact',
    said: 'it does not tell the SHA-256 of kubelet',
  });
});

test('an architecture that an image lacks is named, with those that it has', async () => {
  const here = await world({ archs: ['amd64'] });
  const error = await failureOf(here.resolve({ archs: ['arm64'] }));
  const failures = (error as unknown as { failures: Failure[] }).failures;
  expect(failures).toContainEqual(
    expect.objectContaining({
      doing: 'Choosing the platform of registry.k8s.io/pause:3.10.2',
      said: 'it has no linux/arm64, only linux/amd64',
    }),
  );
});

describe('redirects', () => {
  test('are followed to another server', async () => {
    const here = await world();
    const elsewhere = await startUpstream(here.content);
    onTestFinished(() => elsewhere.close());
    here.upstream.faults.push({ path: /kubelet$|\/blobs\//, kind: 'redirect', to: elsewhere.url });
    expect((await here.resolve()).list.length).toBe(21);
    expect(elsewhere.requests.some(({ path }) => path === kubelet)).toBe(true);
  });

  test('that go round are given up', async () => {
    const here = await world();
    here.upstream.faults.push({ path: kubelet, kind: 'redirect', to: here.upstream.url });
    expect(await failureOf(here.resolve())).toMatchObject({
      kind: 'artifact',
      said: 'more than 10 redirects',
    });
  });

  test.each(['http://[', 'file://', 'ftp://127.0.0.1'])(
    'that lead to %s are told, and not followed',
    async (to) => {
      const here = await world();
      here.upstream.faults.push({ path: kubelet, kind: 'redirect', to });
      expect(await failureOf(here.resolve())).toMatchObject({
        kind: 'artifact',
        said: expect.stringContaining('which is not a web address'),
      });
    },
  );
});
