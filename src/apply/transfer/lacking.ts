import { type Artifact, type Blob, blobsOf } from '../../desired/artifact.js';
import type { HostFacts } from '../../observed/facts.js';

/** Blobs of an artifact that have to be brought to a host. */
export interface Load {
  readonly artifact: Artifact;
  readonly blobs: readonly Blob[];
}

/** Blobs up to this size travel together: one by one, each would cost two round trips. */
const small = 256 << 10;

/** Bytes of a blob that an earlier run brought to the host. */
export const offsetOf = ({ sha256 }: Blob, { incoming }: HostFacts): number =>
  incoming[`${sha256}.part`] ?? incoming[sha256] ?? 0;

/** True for a blob that travels with others. */
export const isSmall = (blob: Blob, facts: HostFacts): boolean =>
  blob.size <= small && offsetOf(blob, facts) === 0;

/**
 * What has to be sent, each blob once, with the first artifact that it belongs to.
 * @param ahead digests of blobs that this run has brought there already
 */
export function lacking(
  facts: HostFacts,
  artifacts: readonly Artifact[],
  ahead: ReadonlySet<string> = new Set(),
): readonly Load[] {
  const seen = new Set(ahead);
  const content = new Set(facts.content);
  return artifacts.map((artifact) => ({
    artifact,
    blobs: blobsOf(artifact).filter(({ sha256 }) => {
      const needed = !seen.has(sha256) && !(artifact.kind === 'image' && content.has(sha256));
      if (needed) seen.add(sha256);
      return needed;
    }),
  }));
}
