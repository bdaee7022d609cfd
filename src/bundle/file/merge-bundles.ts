import type { Artifact } from '../../desired/artifact.js';
import { Failure } from '../../failure.js';
import { identityOf } from './contents.js';
import type { Bundle } from './open-bundle.js';
import { deltaAlone } from './select-artifacts.js';
import { type WriteOptions, type Written, writeBundle } from './write-bundle.js';

/**
 * Puts two bundles together, or a bundle and its delta. Of two different things with the same name, version and
 * architecture, the second bundle's is taken. Every blob is hashed on its way.
 * @throws Failure `artifact` when a delta does not belong to the other bundle, or a blob is damaged; `interrupted`
 */
export function mergeBundles(
  one: Bundle,
  other: Bundle,
  options: Pick<WriteOptions, 'out' | 'onBytes' | 'signal'>,
): Promise<Written> {
  requireBase(one, other);
  requireBase(other, one);
  const packed = new Map([...one.packed, ...other.packed]);
  const place = (sha256: string) => {
    const stored = packed.get(sha256)?.sha256 ?? sha256;
    return (one.blobs.has(stored) ? one : other).place(sha256);
  };
  const created = Math.max(one.created, other.created);
  return writeBundle({ list: united(one.list, other.list), packed, place }, { ...options, created });
}

const united = (one: readonly Artifact[], other: readonly Artifact[]): readonly Artifact[] => [
  ...new Map([...one, ...other].map((artifact) => [identityOf(artifact), artifact])).values(),
];

function requireBase(delta: Bundle, whole: Bundle): void {
  if (delta.base === undefined || (delta.base.digest === whole.digest && whole.base === undefined)) return;
  if (whole.base !== undefined) throw deltaAlone(delta.file, delta.base.digest);
  throw new Failure({
    kind: 'artifact',
    doing: `Merging ${whole.file} and ${delta.file}`,
    said: `${delta.file} is a delta of another bundle, ${delta.base.digest}; ${whole.file} is ${whole.digest}`,
    next: 'Name the bundle that was given to `podstrap bundle create --base`; `podstrap bundle show` tells digests.',
  });
}
