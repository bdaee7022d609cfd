import { dump } from 'js-yaml';

/**
 * YAML as kubeadm writes it: keys sorted, lists not indented, no line folding.
 * The same value always gives the same bytes.
 */
export const canonicalYaml = (value: unknown): string =>
  dump(sorted(value), { seqNoIndent: true, lineWidth: -1, noRefs: true });

/** YAML in the order of the fields, for people: what stands twice in the value is written twice. */
export const plainYaml = (value: unknown): string => dump(value, { noRefs: true });

/** A copy of `value` with the keys of every object in order; entries that are undefined are left out. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return Object.fromEntries(keys.sort().map((key) => [key, sorted(value[key])]));
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
