import { type Artifact, type Artifacts, blobsOf } from '../../desired/artifact.js';

/** What tells carried things apart: two with the same identity cannot be in one bundle. */
export const identityOf = (artifact: Artifact): string =>
  artifact.kind === 'image'
    ? `${artifact.ref} ${artifact.arch}`
    : `${artifact.name} ${artifact.version} ${artifact.arch}`;

/** Which artifacts a blob belongs to, as it is stored, for people. */
export function usersOf(sha256: string, { list, packed }: Pick<Artifacts, 'list' | 'packed'>): string {
  const stored = (digest: string) => packed?.get(digest)?.sha256 ?? digest;
  const users = list.filter((artifact) => blobsOf(artifact).some((blob) => stored(blob.sha256) === sha256));
  return users.map(identityOf).join(', ') || 'the bill of materials';
}

/** Artifacts in the order in which a bundle holds them: binaries first, each kind by identity. */
export const inOrder = (artifacts: readonly Artifact[]): readonly Artifact[] =>
  artifacts
    .map((artifact) => ({ artifact, key: `${artifact.kind} ${identityOf(artifact)}` }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ artifact }) => artifact);

/** What makes one bundle of the same artifacts differ from another. */
export interface Making {
  /** The time that everything in the bundle carries, in seconds since 1970. */
  readonly created: number;
  /** Makes a delta: the bundle with this index.json holds these blobs (hex SHA-256), which are left out. */
  readonly base?: { readonly digest: string; readonly blobs: ReadonlySet<string> } | undefined;
}
