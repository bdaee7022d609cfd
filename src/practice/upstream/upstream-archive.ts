import { createReadStream, createWriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { sha256 } from './upstream-content.js';

export interface ArchiveMember {
  /** Path in the archive. */
  readonly name: string;
  readonly file: string;
}

/**
 * A tar.gz of executables, made where it is not there yet. Its name carries what its members look like, so that it is
 * made anew when one of them was rebuilt.
 * @returns its path, which begins with `base`
 */
export async function archiveOnce(base: string, members: readonly ArchiveMember[]): Promise<string> {
  const stats = await Promise.all(members.map(({ file }) => stat(file)));
  const look = members.map(({ name }, at) => [name, stats[at]!.size, stats[at]!.mtimeMs]);
  const path = `${base}.${sha256(JSON.stringify(look)).slice(0, 12)}`;
  if (await stat(path).catch(() => undefined)) return path;
  const tar = pack();
  const fresh = `${path}.${process.pid}.new`;
  // The least compression: what it saves on the loopback is less than what it costs.
  const writing = pipeline(tar, createGzip({ level: 1 }), createWriteStream(fresh));
  await Promise.all([
    feed(
      tar,
      members,
      stats.map(({ size }) => size),
    ),
    writing,
  ]);
  await rename(fresh, path);
  return path;
}

async function feed(tar: Pack, members: readonly ArchiveMember[], sizes: readonly number[]): Promise<void> {
  for (const [at, { name, file }] of members.entries())
    await pipeline(
      createReadStream(file, { highWaterMark: 1 << 20 }),
      tar.entry({ name, size: sizes[at]!, mode: 0o755, mtime: new Date(0) }),
    );
  tar.finalize();
}
