import { identityOf } from '../../bundle/file/contents.js';
import type { BundleDiff } from '../../bundle/file/diff-bundles.js';
import type { Artifact } from '../../desired/artifact.js';
import { table } from './bundle.js';
import { bytes } from './texts.js';

/** The difference of two bundles for people. */
export function bundleDiffText({ added, removed, changed, same, more }: BundleDiff, width?: number): string {
  const rows = [
    ...removed.map((one) => row('-', one)),
    ...changed.map(({ to }) => row('~', to)),
    ...added.map((one) => row('+', one)),
  ];
  const sum = `${same} the same; the second needs ${bytes(more)} that the first does not hold.`;
  return rows.length === 0 ? `No difference: ${sum}\n` : `${table(rows, width)}\n\n${sum}\n`;
}

const row = (sign: string, artifact: Artifact): readonly string[] => [
  sign,
  identityOf(artifact),
  bytes(artifact.size),
];
