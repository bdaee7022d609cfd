import type { ImageResource, Resource } from '../desired/resource.js';
import type { HostFacts } from '../observed/facts.js';
import type { Step } from '../plan/step.js';

/** Of the paths that the probe knows the one below which everything arrives. */
const arrivals = '/var/lib';
const containerd = '/var/lib/containerd';

/** containerd stores a layer packed and unpacked: about three times its transfer size. */
const unpacked = 3;

/**
 * Bytes that one host needs for what these steps send it, by the mount point of the file system that they go to: all
 * directories on one share its room. Each blob counts once, however many images have it; what the host has already, or
 * earlier runs left of it, has its room.
 * @param wanted what the host should have, which tells the blobs of images
 */
export function roomFor(
  steps: readonly Step[],
  { mounts, content, incoming }: HostFacts,
  wanted: readonly Resource[],
): Readonly<Record<string, number>> {
  const bytes: Record<string, number> = {};
  const mountOf = (path: string) => mounts[path] ?? path;
  const add = (path: string, size: number) => {
    if (size > 0) bytes[mountOf(path)] = (bytes[mountOf(path)] ?? 0) + size;
  };
  const leftOf = ({ sha256 }: Blob) => incoming[sha256] ?? incoming[`${sha256}.part`] ?? 0;
  const arrive = (blob: Blob) => add(arrivals, Math.max(0, blob.size - leftOf(blob)));
  const counted = new Set<string>();
  const isFirst = ({ sha256 }: Blob) => {
    const known = counted.has(sha256);
    counted.add(sha256);
    return !known;
  };
  const stored = new Set(content);
  for (const { action } of steps) {
    if (action.do === 'install-binary') {
      const place = placeOf(action.path, mounts);
      const first = isFirst(action);
      if (first) arrive(action);
      // It is renamed into its place where it can be; another file system holds a copy for a moment.
      if (!first || mountOf(place) !== mountOf(arrivals)) add(place, action.size);
    }
    if (action.do === 'import-image')
      for (const blob of blobsOf(action, wanted).filter((one) => !stored.has(one.sha256) && isFirst(one))) {
        add(containerd, blob.size * unpacked);
        arrive(blob);
      }
  }
  return bytes;
}

type Blob = ImageResource['blobs'][number];

function blobsOf(
  { ref, digest }: { readonly ref: string; readonly digest: string },
  wanted: readonly Resource[],
): readonly Blob[] {
  return wanted.flatMap((one) =>
    one.kind === 'image' && one.ref === ref && one.digest === digest ? one.blobs : [],
  );
}

/** Of the paths that the probe knows the one that a file is below, by the longest name. */
const placeOf = (path: string, mounts: HostFacts['mounts']): string =>
  Object.keys(mounts)
    .filter((known) => path.startsWith(`${known}/`))
    .reduce((longest, known) => (known.length > longest.length ? known : longest), '');
