import { type FieldComplaint, judgeFields, type Reading } from '../../kubernetes/judge-fields.js';
import { fieldsOf, isTypeName, knowsType } from '../../kubernetes/known.js';
import { didYouMean } from '../did-you-mean.js';
import type { ManifestPatch } from '../inventory.js';
import type { Finding } from './finding.js';

/** What Kubernetes would refuse, or pass over, of what a patch brings in. Whether it fits is seen when it is applied. Pure. */
export function judgePatch(
  content: unknown,
  { target, type, minor }: Pick<ManifestPatch, 'target' | 'type'> & { readonly minor: number },
): readonly Pick<Finding, 'found' | 'expected' | 'hint'>[] {
  const kind = target === 'kubeletconfiguration' ? 'KubeletConfiguration' : 'Pod';
  if (!knowsType(kind, minor)) return [];
  const reading = { minor, patch: type === 'strategic' };
  const complaints =
    type === 'json'
      ? (content as readonly unknown[]).flatMap((operation) => judgeOperation(operation, kind, reading))
      : judgeFields(content, kind, reading);
  return complaints.map(({ path, found = 'a value that does not fit', expected, known }) => ({
    found: `${found} at ${path.join('.')}`,
    expected,
    hint: known && didYouMean(String(path.at(-1)), known),
  }));
}

/** One of a JSON patch (RFC 6902); what brings in no value of its own is none of ours. */
function judgeOperation(operation: unknown, kind: string, reading: Reading): readonly FieldComplaint[] {
  const { op, path, value } = (operation ?? {}) as { op?: unknown; path?: unknown; value?: unknown };
  if ((op !== 'add' && op !== 'replace') || typeof path !== 'string') return [];
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return judgeFields(nested(steps, value, kind, reading.minor), kind, reading);
}

/** The value with everything around it that its path tells, so that one judge serves all. */
function nested(steps: readonly string[], value: unknown, type: string, minor: number): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (type.startsWith('[]')) return [nested(rest, value, type.slice(2), minor)];
  const inner = type.startsWith('{}')
    ? type.slice(2)
    : isTypeName(type)
      ? (fieldsOf(type, minor).get(step) ?? 'any')
      : 'any';
  return { [step]: nested(rest, value, inner, minor) };
}
