import type { FileHandle } from 'node:fs/promises';
import type { z } from 'zod';
import { sha256Of } from '../cache.js';
import { parseJson } from '../manifest.js';
import { damaged, malformed, newerFormat, noBundle, truncated } from './bundle-failures.js';
import { bundleIndexSchema, formatVersion, keys, memberNames, sumContent } from './format.js';
import { firstMembers } from './layout.js';
import { readWhole } from './read-at.js';
import { block, isIntact, sizeIn } from './tar-header.js';

export type BundleIndex = Readonly<z.output<typeof bundleIndexSchema>>;

const mostIndex = 16 << 20;

/**
 * Reads index.json and compares it with the digest beside it.
 * @throws Failure `artifact`: no bundle, damaged, truncated, of a newer format
 */
export async function readIndex(
  handle: FileHandle,
  file: string,
): Promise<{ readonly bytes: Buffer; readonly digest: string; readonly index: BundleIndex }> {
  const { sum, index: place } = firstMembers(0);
  const start = await readWhole(handle, 0, place.offset);
  if (!isNamed(start, memberNames.layout))
    throw isBeginning(start) ? truncated(file, start.length, undefined) : noBundle(file);
  if (start.length < place.offset) throw truncated(file, start.length, undefined);
  const header = start.subarray(place.offset - block);
  const size = sizeIn(header);
  if (!isIntact(header) || !isNamed(header, memberNames.index) || !(size <= mostIndex))
    throw damaged(file, [`the header of ${memberNames.index}`]);
  const bytes = await readWhole(handle, place.offset, size);
  if (bytes.length < size) throw truncated(file, place.offset + bytes.length, undefined);
  const sha256 = sha256Of(bytes);
  if (start.toString('latin1', sum.offset, sum.offset + sum.size) !== sumContent(sha256))
    throw damaged(file, [`${memberNames.index}, or its digest in ${memberNames.sum}`]);
  return { bytes, digest: `sha256:${sha256}`, index: parse(file, bytes) };
}

const isNamed = (header: Buffer, name: string): boolean =>
  header.toString('latin1', 0, name.length + 1) === `${name}\0`;

/** True for what a copy left that ended within the very first name, or before it. */
const isBeginning = (start: Buffer): boolean =>
  start.length <= memberNames.layout.length && memberNames.layout.startsWith(start.toString('latin1'));

function parse(file: string, bytes: Buffer): BundleIndex {
  const json = parseJson(bytes) as { annotations?: Record<string, string> } | undefined;
  const version = json?.annotations?.[keys.version];
  if (version !== undefined && Number(version) > formatVersion)
    throw newerFormat(file, version, formatVersion);
  const index = bundleIndexSchema.safeParse(json);
  if (!index.success) throw malformed(file, memberNames.index, index.error);
  return index.data;
}
