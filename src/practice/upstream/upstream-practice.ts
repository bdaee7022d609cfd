import { createCipheriv } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { type WantedArchive, type WantedFile, wantedArtifacts } from '../../bundle/catalog.js';
import type { Arch } from '../../desired/artifact.js';
import type { Inventory } from '../../inventory/inventory.js';
import { parseImageName } from '../../kubernetes/image-name.js';
import { type Bytes, checksumBytes, memoryBytes, sha256, type UpstreamContent } from './upstream-content.js';
import { addImage, type Shelf } from './upstream-images.js';

export interface PracticeContentOptions {
  readonly archs?: readonly Arch[];
  /** Bytes that each binary and layer is made longer by; default 0. */
  readonly padding?: number;
}

/** What the archive of CNI plugins holds. */
const plugins = [
  'bandwidth',
  'bridge',
  'firewall',
  'host-device',
  'host-local',
  'loopback',
  'portmap',
  'ptp',
];

/**
 * Tiny stand-ins for everything that an inventory wants, the same bytes each time. They run nothing; practice hosts
 * only look at their digests.
 */
export async function practiceContent(
  inventory: Inventory,
  { archs = ['amd64', 'arm64'], padding = 0 }: PracticeContentOptions = {},
): Promise<UpstreamContent> {
  const files = new Map<string, Bytes>();
  const shelf: Shelf = { tags: new Map(), manifests: new Map(), blobs: new Map() };
  const wanted = wantedArtifacts(inventory, archs);
  for (const one of wanted)
    if (one.kind === 'file') files.set(pathOf(one.url), memoryBytes(program(one.name, one, padding)));
    else if (one.kind === 'archive') files.set(pathOf(one.url), memoryBytes(await archive(one, padding)));
  addChecksums(
    files,
    wanted.filter((one) => one.kind === 'file' || one.kind === 'archive'),
  );
  const refs = new Set(wanted.flatMap((one) => (one.kind === 'image' ? [one.ref] : [])));
  for (const ref of refs) {
    const { repository, reference } = parseImageName(ref);
    const platforms = await Promise.all(archs.map((arch) => platform(ref, arch, padding)));
    addImage(shelf, `${repository}:${reference}`, platforms);
  }
  return { files, ...shelf };
}

/** Kubernetes publishes bare digests; GitHub's projects publish lists, runc one for all architectures. */
function addChecksums(files: Map<string, Bytes>, wanted: readonly (WantedFile | WantedArchive)[]): void {
  for (const checksumUrl of new Set(wanted.map((one) => one.checksumUrl))) {
    const listed = wanted.filter((one) => one.checksumUrl === checksumUrl).map(({ url }) => pathOf(url));
    const lines = new Map(listed.map((path) => [path.slice(path.lastIndexOf('/') + 1), files.get(path)!]));
    const bare = checksumUrl.startsWith('https://dl.k8s.io/');
    files.set(pathOf(checksumUrl), checksumBytes(bare ? files.get(listed[0]!)! : lines));
  }
}

const pathOf = (url: string): string => new URL(url).pathname;

function program(
  name: string,
  of: { readonly version: string; readonly arch: Arch },
  padding: number,
): Buffer {
  const text = `#!/bin/sh\necho "${name} ${of.version} linux/${of.arch}, for practice"\nexit 0\n`;
  return Buffer.concat([Buffer.from(text), filler(text, padding)]);
}

/** Bytes that no compression shortens, the same for the same seed. */
function filler(seed: string, size: number): Buffer {
  const cipher = createCipheriv('aes-256-ctr', Buffer.from(sha256(seed), 'hex'), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
}

async function archive(wanted: WantedArchive, padding: number): Promise<Buffer> {
  const names = wanted.members ?? plugins;
  const folder = wanted.name === 'containerd' ? 'bin/' : './';
  const entries = names.map((name) => [folder + name, program(name, wanted, padding)] as const);
  return gzipSync(await tarOf([...entries, [`${folder}LICENSE`, Buffer.from('Apache-2.0\n')]]), { level: 1 });
}

async function platform(ref: string, arch: Arch, padding: number) {
  const text = Buffer.concat([Buffer.from(`${ref} for linux/${arch}\n`), filler(ref + arch, padding)]);
  const tar = await tarOf([['practice.txt', text]]);
  const layer = gzipSync(tar, { level: 1 });
  const config = Buffer.from(
    JSON.stringify({
      architecture: arch,
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(tar)}`] },
    }),
  );
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  return { arch, config, layers: [{ mediaType, sha256: sha256(layer), bytes: memoryBytes(layer) }] };
}

/** A tar in memory; all but texts are executable. */
async function tarOf(files: readonly (readonly [name: string, content: Buffer])[]): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of files) {
    const mode = /LICENSE|\.txt$/.test(name) ? 0o644 : 0o755;
    tar.entry({ name, mode, mtime: new Date(0) }, content);
  }
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
