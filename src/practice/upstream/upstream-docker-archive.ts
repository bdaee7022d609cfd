import { type FileHandle, open } from 'node:fs/promises';

/** A layer that lies in the archive as it is, uncompressed. */
export interface ArchivedLayer {
  /** Offset in the archive. */
  readonly start: number;
  readonly size: number;
  /** Hex SHA-256, as the image's config gives it. */
  readonly sha256: string;
}

export interface ArchivedImage {
  /** Full names. */
  readonly names: readonly string[];
  /** The config's JSON, to the byte. */
  readonly config: Buffer;
  readonly arch: string;
  readonly layers: readonly ArchivedLayer[];
}

/**
 * Looks into an archive as `docker save` writes it and tells where its layers lie. Reads headers and JSON only, however
 * large the layers are.
 */
export async function readDockerArchive(path: string): Promise<readonly ArchivedImage[]> {
  const file = await open(path);
  try {
    const sections = await sectionsOf(file);
    const read = (name: string) => contentOf(file, sections, name);
    const manifest: readonly { Config: string; RepoTags: string[] | null; Layers: string[] }[] = JSON.parse(
      (await read('manifest.json')).toString(),
    );
    return await Promise.all(
      manifest.map(async ({ Config, RepoTags, Layers }) => {
        const config = await read(Config);
        const { architecture, rootfs } = JSON.parse(config.toString());
        const layers = Layers.map((name, at) => ({
          ...sections.get(name)!,
          sha256: rootfs.diff_ids[at].slice('sha256:'.length),
        }));
        return { names: RepoTags ?? [], config, arch: architecture, layers };
      }),
    );
  } finally {
    await file.close();
  }
}

interface Section {
  readonly start: number;
  readonly size: number;
}

/** Where each file of a tar lies; its headers are blocks of 512 bytes (POSIX.1-1988 ustar and GNU). */
async function sectionsOf(file: FileHandle): Promise<ReadonlyMap<string, Section>> {
  const sections = new Map<string, Section>();
  const header = Buffer.alloc(512);
  for (let at = 0; (await file.read(header, 0, 512, at)).bytesRead === 512 && header[0] !== 0; ) {
    const size = Number.parseInt(textIn(header, 124, 136), 8);
    const prefix = textIn(header, 257, 263) === 'ustar' ? textIn(header, 345, 500) : '';
    sections.set(`${prefix && `${prefix}/`}${textIn(header, 0, 100)}`, { start: at + 512, size });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return sections;
}

function textIn(header: Buffer, start: number, end: number): string {
  const field = header.subarray(start, end);
  const zero = field.indexOf(0);
  return field.subarray(0, zero === -1 ? undefined : zero).toString();
}

async function contentOf(
  file: FileHandle,
  sections: ReadonlyMap<string, Section>,
  name: string,
): Promise<Buffer> {
  const section = sections.get(name);
  if (section === undefined) throw new Error(`no ${name} in the archive`);
  const content = Buffer.alloc(section.size);
  await file.read(content, 0, section.size, section.start);
  return content;
}
