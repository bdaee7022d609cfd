import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Arch } from '../../desired/artifact.js';
import { parseImageName } from '../../kubernetes/image-name.js';
import { blobSchema, type CachedBlob, sha256Of } from '../cache.js';
import {
  candidatesFor,
  type Descriptor,
  type Document,
  mediaTypes,
  parseDocument,
  platformOfConfig,
  platformsOf,
} from '../manifest.js';
import { download } from './download.js';
import { badAnswer, checksumWrong, platformMissing } from './fetch-failures.js';
import type { Fetching } from './fetching.js';
import { readBody } from './read-body.js';
import type { Repository } from './registry.js';
import { retried } from './retry.js';

/** One platform of an image whose blobs are all in the cache. */
export const cachedImageSchema = z.object({
  mediaType: z.string().describe('Of its manifest'),
  manifest: blobSchema,
  blobs: z.array(blobSchema).describe('Config and layers, each once'),
});

export type CachedImage = Readonly<z.output<typeof cachedImageSchema>>;

/** What the distribution specification lets clients and registries agree on: 4 MiB. */
const mostManifest = 4 << 20;
/** Bytes of an image's configuration, which is read as a whole; real ones have some kilobytes. */
const mostConfig = 16 << 20;
const accept = [...mediaTypes.index, ...mediaTypes.manifest].join(', ');

/**
 * Fetches one platform of an image into the cache; everything is verified by its digest.
 * @throws Failure `artifact`, `interrupted`
 */
export async function fetchImage(
  ref: string,
  arch: Arch,
  repository: Repository,
  fetching: Fetching,
  onBytes?: (received: number, total: number | undefined) => void,
): Promise<CachedImage> {
  const { bytes, document } = await fetchManifest(ref, arch, repository, fetching);
  const { config, layers } = document.manifest;
  if (config.size > mostConfig)
    throw badAnswer(`${repository.url}/blobs/${config.digest}`, `a configuration of ${config.size} bytes`);
  const wanted = [...new Map([config, ...layers].map((blob) => [blob.digest, blob])).values()];
  const tell = sumOf(wanted, onBytes);
  const blobs = await Promise.all(
    wanted.map((blob) => fetchBlob(blob, repository, fetching, (received) => tell(blob.digest, received))),
  );
  const platform = platformOfConfig(await readFile(fetching.cache.path(hex(config))));
  if (platform !== undefined && platform !== `linux/${arch}`)
    throw platformMissing(ref, `linux/${arch}`, [platform]);
  const manifest = await fetching.cache.store(once(bytes));
  return { mediaType: document.mediaType, manifest, blobs };
}

interface Got<T extends Document> {
  readonly bytes: Buffer;
  readonly document: T;
}

type GotManifest = Got<Extract<Document, { kind: 'manifest' }>>;

/** An image of one platform lies behind one index, seldom two; this only ends what would have no end. */
const mostIndexes = 16;

/** Looks behind indexes, also those within one another, for the manifest of one platform. */
async function fetchManifest(
  ref: string,
  arch: Arch,
  repository: Repository,
  fetching: Fetching,
): Promise<GotManifest> {
  const platforms: string[] = [];
  let indexes = 0;
  const behind = async ({ bytes, document }: Got<Document>): Promise<GotManifest | undefined> => {
    if (document.kind === 'manifest') return { bytes, document };
    if (++indexes > mostIndexes)
      throw badAnswer(repository.url, `${ref} has more than ${mostIndexes} indexes`);
    platforms.push(...platformsOf(document.index));
    for (const candidate of candidatesFor(document.index, arch)) {
      const got = await fetchDocument(candidate.digest, repository, fetching);
      const found = await behind(got);
      const isSaid = candidate.platform !== undefined || got.document.kind === 'index';
      if (found && (isSaid || (await isFor(arch, found, repository, fetching)))) return found;
    }
    return undefined;
  };
  const found = await behind(await fetchDocument(parseImageName(ref).reference, repository, fetching));
  if (found === undefined) throw platformMissing(ref, `linux/${arch}`, [...new Set(platforms)]);
  return found;
}

/** Whether a manifest of which no index tells the platform is for this one: its config knows. */
async function isFor(
  arch: Arch,
  { document }: GotManifest,
  repository: Repository,
  fetching: Fetching,
): Promise<boolean> {
  const { config } = document.manifest;
  await fetchBlob(config, repository, fetching, () => undefined);
  return platformOfConfig(await readFile(fetching.cache.path(hex(config)))) === `linux/${arch}`;
}

/** @param reference tag or digest; a digest is verified */
async function fetchDocument(
  reference: string,
  { url, get }: Repository,
  { retry, signal }: Fetching,
): Promise<Got<Document>> {
  const address = `${url}/manifests/${reference}`;
  const [bytes, contentType, promised] = await retried(async () => {
    const answer = await get(address, { accept });
    const body = await readBody(answer, mostManifest, signal);
    return [body, answer.header('content-type'), answer.header('docker-content-digest')] as const;
  }, retry);
  const expected = reference.startsWith('sha256:') ? reference : promised;
  const got = `sha256:${sha256Of(bytes)}`;
  if (expected?.startsWith('sha256:') && expected !== got)
    throw checksumWrong(address, expected.slice(7), got.slice(7));
  const document = parseDocument(bytes, contentType);
  if (document === undefined)
    throw badAnswer(
      address,
      `it is not an image manifest that podstrap understands (${contentType ?? 'no content type'})`,
      'Serve it as an OCI image or as Docker image manifest version 2, schema 2.',
    );
  return { bytes, document };
}

async function fetchBlob(
  { digest, size }: Descriptor,
  { url, get }: Repository,
  fetching: Fetching,
  onReceived: (received: number) => void,
): Promise<CachedBlob> {
  const sha256 = digest.slice('sha256:'.length);
  const address = `${url}/blobs/${digest}`;
  const blob =
    (await fetching.cache.intact({ sha256 })) ??
    (await download(
      { url: address, sha256, size, ask: (headers) => get(address, headers), onBytes: onReceived },
      fetching,
    ));
  onReceived(blob.size);
  return blob;
}

/** Adds up what several blobs report, and passes it on as bytes of the whole image. */
function sumOf(
  blobs: readonly Descriptor[],
  onBytes: ((received: number, total: number) => void) | undefined,
): (digest: string, received: number) => void {
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const parts = new Map<string, number>();
  return (digest, received) => {
    parts.set(digest, received);
    onBytes?.(
      [...parts.values()].reduce((sum, part) => sum + part, 0),
      total,
    );
  };
}

const hex = ({ digest }: Descriptor): string => digest.slice('sha256:'.length);

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
