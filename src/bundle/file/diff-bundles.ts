import { type Artifact, type Blob, blobsOf } from '../../desired/artifact.js';
import { identityOf } from './contents.js';

/** What two bundles do not have in common. */
export interface BundleDiff {
  /** Only in the second. */
  readonly added: readonly Artifact[];
  /** Only in the first. */
  readonly removed: readonly Artifact[];
  /** In both under the same name, version and architecture, with other content. */
  readonly changed: readonly { readonly from: Artifact; readonly to: Artifact }[];
  /** How many are the same in both. */
  readonly same: number;
  /** Bytes of blobs that only the second needs: about the size of its delta. */
  readonly more: number;
}

/** Pure. @param one the older bundle's artifacts */
export function diffBundles(one: readonly Artifact[], other: readonly Artifact[]): BundleDiff {
  const [before, after] = [one, other].map(
    (list) => new Map(list.map((artifact) => [identityOf(artifact), artifact])),
  );
  const both = [...after!.keys()].flatMap((key) => {
    const from = before!.get(key);
    return from === undefined ? [] : [{ from, to: after!.get(key)! }];
  });
  const changed = both.filter(({ from, to }) => contentOf(from) !== contentOf(to));
  const known = new Set(one.flatMap(blobsOf).map(({ sha256 }) => sha256));
  const blobs = new Map(other.flatMap(blobsOf).map((blob): [string, Blob] => [blob.sha256, blob]));
  return {
    added: [...after!].flatMap(([key, artifact]) => (before!.has(key) ? [] : [artifact])),
    removed: [...before!].flatMap(([key, artifact]) => (after!.has(key) ? [] : [artifact])),
    changed,
    same: both.length - changed.length,
    more: [...blobs.values()].reduce((sum, { sha256, size }) => (known.has(sha256) ? sum : sum + size), 0),
  };
}

/** What makes a host take it for another: digest, place and mode. */
const contentOf = (artifact: Artifact): string =>
  artifact.kind === 'image' ? artifact.digest : `${artifact.sha256} ${artifact.path} ${artifact.mode}`;
