import { z } from 'zod';
import type { BinaryArtifact } from '../desired/artifact.js';
import { blobSchema, type Cache, type CachedBlob } from './cache.js';
import type { WantedArchive, WantedFile } from './catalog.js';
import { badAnswer, notCached } from './fetch/fetch-failures.js';
import { fetchFile } from './fetch/fetch-file.js';
import type { Fetching } from './fetch/fetching.js';
import { mirrored } from './fetch/mirror.js';
import { type Member, unpack } from './unpack.js';

export interface ResolveContext {
  readonly fetching: Fetching;
  /** Use the cache only. */
  readonly offline: boolean;
  readonly onBytes: (received: number, total: number | undefined) => void;
}

const noteSchema = z.object({ members: z.array(z.object({ name: z.string(), blob: blobSchema })).min(1) });

/**
 * The binaries that a file or an archive stands for, from the cache or fetched.
 * The cache remembers them under the address they came from, so that one mirror's word is never taken for another's.
 */
export async function resolveBinaries(
  wanted: WantedFile | WantedArchive,
  mirrors: Readonly<Record<string, string>>,
  context: ResolveContext,
): Promise<readonly BinaryArtifact[]> {
  const { cache } = context.fetching;
  const url = mirrored(wanted.url, mirrors);
  const members =
    (await remembered(wanted, url, cache)) ??
    (await fetched(wanted, url, mirrored(wanted.checksumUrl, mirrors), context));
  return members.map(({ name, blob: { sha256, size } }) => ({
    kind: 'binary',
    name,
    version: wanted.version,
    arch: wanted.arch,
    path: wanted.kind === 'file' ? wanted.path : `${wanted.directory}/${name}`,
    mode: 0o755,
    sha256,
    size,
  }));
}

async function remembered(
  wanted: WantedFile | WantedArchive,
  url: string,
  cache: Cache,
): Promise<readonly Member[] | undefined> {
  const note = await cache.note(`file ${url}`, noteSchema);
  if (note === undefined || lacking(wanted, note.members).length > 0) return undefined;
  const intact = await Promise.all(note.members.map(({ blob }) => cache.intact(blob)));
  const members = note.members.map(({ name }, at) => ({ name, blob: intact[at]! }));
  if (intact.includes(undefined)) return undefined;
  if (intact.some((blob, at) => changed(blob!, note.members[at]!.blob)))
    await cache.setNote(`file ${url}`, { members });
  return members;
}

async function fetched(
  wanted: WantedFile | WantedArchive,
  url: string,
  checksumUrl: string,
  { fetching, offline, onBytes }: ResolveContext,
): Promise<readonly Member[]> {
  const { cache } = fetching;
  if (offline) throw notCached(`${wanted.name} ${wanted.version} for ${wanted.arch}`, cache.directory);
  const name = wanted.url.slice(wanted.url.lastIndexOf('/') + 1);
  const blob = await fetchFile({ name, url, checksumUrl }, fetching, onBytes);
  const members =
    wanted.kind === 'file'
      ? [{ name: wanted.name, blob }]
      : await unpack(cache.path(blob.sha256), cache, wanted.members);
  const missing = lacking(wanted, members);
  if (missing.length > 0) throw badAnswer(url, `the archive does not hold ${missing.join(', ')}`);
  await cache.setNote(`file ${url}`, { members });
  return members;
}

/** Names that are wanted and not there. */
function lacking(wanted: WantedFile | WantedArchive, members: readonly Member[]): readonly string[] {
  const names = wanted.kind === 'file' ? [wanted.name] : wanted.members;
  if (names === undefined) return members.length > 0 ? [] : ['any executable'];
  return names.filter((name) => !members.some((member) => member.name === name));
}

/** Whether the file was touched since its stamp was noted, though its content is the same. */
export const changed = (now: CachedBlob, then: CachedBlob): boolean =>
  now.mtimeMs !== then.mtimeMs || now.size !== then.size;
