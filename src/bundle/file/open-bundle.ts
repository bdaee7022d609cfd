import { open } from 'node:fs/promises';
import type { Arch, Artifacts, BlobPlace } from '../../desired/artifact.js';
import type { Inventory } from '../../inventory/inventory.js';
import { cannotOpen, unreadable } from './bundle-failures.js';
import { type BundleContents, readContents } from './read-contents.js';
import { selectArtifacts } from './select-artifacts.js';

/** A bundle's file whose table of contents has been read. */
export interface Bundle extends BundleContents, Artifacts {
  readonly file: string;
  readonly packed: BundleContents['packed'];
  place(sha256: string): BlobPlace;
}

/**
 * Reads what a bundle says of itself; its layers and files stay where they are, and `place` tells where.
 * Only what has been read is checked: all of it is by `verifyBundle`.
 * @throws Failure `artifact`: it cannot be read, is no bundle, damaged, truncated, of a newer format
 */
export async function openBundle(file: string): Promise<Bundle> {
  const handle = await open(file).catch((cause) => {
    throw cannotOpen(file, cause);
  });
  try {
    const contents = await readContents(handle, file);
    return { ...contents, file, place: placesIn(file, contents) };
  } catch (cause) {
    throw unreadable(file, cause);
  } finally {
    await handle.close();
  }
}

const placesIn =
  (file: string, { blobs, packed }: BundleContents) =>
  (sha256: string): BlobPlace => {
    const inside = packed.get(sha256);
    return inside === undefined
      ? { file, start: blobs.get(sha256)!.offset }
      : { file, start: blobs.get(inside.sha256)!.offset, members: inside.members };
  };

/**
 * What hosts of these architectures need for the inventory, from a bundle.
 * @throws Failure `artifact` when the bundle lacks some of it, with what and why
 */
export const bundleArtifacts = (bundle: Bundle, inventory: Inventory, archs: readonly Arch[]): Artifacts => ({
  list: selectArtifacts(bundle, inventory, archs),
  place: bundle.place,
});
