import { locate } from '../document/locate.js';
import type { Node } from '../document/node.js';
import { isSecret } from '../is-secret.js';
import { formatPath, type Path } from '../path.js';
import type { Finding } from './finding.js';
import type { Problem } from './problem.js';

interface Places {
  readonly file: string;
  readonly placeAt: (offset: number) => { line: number; column: number };
}

/** The findings with their places, in the order of the file; those of other files come after it. */
export const toProblems = (
  findings: readonly Finding[],
  root: Node | undefined,
  places: Places,
): readonly Problem[] =>
  findings
    .map((finding) => toProblem(finding, root, places))
    .sort(
      (one, other) =>
        Number(one.file !== places.file) - Number(other.file !== places.file) ||
        one.file.localeCompare(other.file) ||
        one.line - other.line ||
        one.column - other.column,
    );

function toProblem(finding: Finding, root: Node | undefined, { file, placeAt }: Places): Problem {
  const { path, found, expected, hint, severity = 'error', at, place } = finding;
  const location = root && locate(root, path);
  return {
    ...(place ?? { file, ...placeAt(at ?? location?.at ?? 0) }),
    path: formatPath(path),
    found: found ?? spell(location?.node, path),
    expected,
    ...(hint === undefined ? {} : { hint }),
    severity,
  };
}

/** What stands there. Never what a variable of the environment put there, since it may be a secret. */
function spell(node: Node | undefined, path: Path): string {
  if (node === undefined) return 'missing';
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a mapping' : 'a list';
  if (isSecret(path)) return 'something else';
  if (node.value === null) return 'nothing';
  const text = node.substituted || typeof node.value !== 'string' ? node.written.trim() : node.value;
  const spelled = typeof node.value === 'string' ? JSON.stringify(text) : text;
  return spelled.length > 80 ? `${spelled.slice(0, 76)} …"` : spelled;
}
