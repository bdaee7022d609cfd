import { describe, expect, test } from 'vitest';
import { candidatesFor, parseDocument, platformOfConfig, platformsOf } from '../../src/bundle/manifest.js';

const descriptor = (letter: string, platform?: Readonly<Record<string, string>>) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${letter.repeat(64)}`,
  size: 7,
  ...(platform ? { platform } : {}),
});
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const index = (...manifests: unknown[]) => {
  const document = parseDocument(bytesOf({ schemaVersion: 2, manifests }), undefined);
  if (document?.kind !== 'index') throw new Error('not an index');
  return document.index;
};
const linux = (architecture: string, more = {}) => ({ os: 'linux', architecture, ...more });

const first = (...given: Parameters<typeof candidatesFor>) => candidatesFor(...given)[0]?.digest;

describe('the platform of an index', () => {
  test('may be behind what names none, after what names it', () => {
    const all = index(descriptor('a'), descriptor('b', linux('arm64')), descriptor('c', linux('amd64')));
    const digests = candidatesFor(all, 'amd64').map(({ digest }) => digest[7]);
    expect(digests).toEqual(['c', 'a']);
  });

  test('is Linux on the wanted architecture', () => {
    const all = index(
      descriptor('a', linux('arm64')),
      descriptor('b', { os: 'windows', architecture: 'amd64' }),
      descriptor('c', linux('amd64')),
    );
    expect(first(all, 'amd64')).toBe(descriptor('c').digest);
    expect(platformsOf(all)).toEqual(['linux/arm64', 'windows/amd64', 'linux/amd64']);
  });

  test('is the plain arm64 or v8 where there are variants', () => {
    const all = index(
      descriptor('a', linux('arm64', { variant: 'v9' })),
      descriptor('b', linux('arm64', { variant: 'v8' })),
    );
    expect(first(all, 'arm64')).toBe(descriptor('b').digest);
  });

  test('is none when only attestations and other platforms are there', () => {
    const all = index(
      descriptor('a', { os: 'unknown', architecture: 'unknown' }),
      descriptor('b', linux('s390x')),
    );
    expect(first(all, 'amd64')).toBeUndefined();
    expect(platformsOf(all)).toEqual(['linux/s390x']);
  });
});

describe('a document', () => {
  const docker = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = { schemaVersion: 2, config: descriptor('a'), layers: [descriptor('b')] };

  test('of Docker keeps its media type, which containerd must see', () => {
    expect(parseDocument(bytesOf({ ...manifest, mediaType: docker }), 'application/json')).toMatchObject({
      kind: 'manifest',
      mediaType: docker,
    });
    expect(parseDocument(bytesOf(manifest), `${docker}; charset=utf-8`)).toMatchObject({ mediaType: docker });
  });

  test('without any media type is OCI’s', () => {
    expect(parseDocument(bytesOf(manifest), undefined)).toMatchObject({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
    });
  });

  test.each([
    ['Docker’s schema 1', { schemaVersion: 1, name: 'a', fsLayers: [], history: [] }],
    ['a digest of another kind', { ...manifest, config: { ...descriptor('a'), digest: 'md5:0' } }],
    ['an error in JSON', { errors: [{ code: 'DENIED' }] }],
    ['no object', 7],
  ])('that is %s is not understood', (_, value) => {
    expect(parseDocument(bytesOf(value), undefined)).toBeUndefined();
  });

  test('that is no JSON is not understood', () => {
    expect(parseDocument(Buffer.from('<html>'), 'text/html')).toBeUndefined();
  });
});

test('a config tells its platform', () => {
  expect(platformOfConfig(bytesOf(linux('arm64')))).toBe('linux/arm64');
  expect(platformOfConfig(bytesOf({}))).toBeUndefined();
});
