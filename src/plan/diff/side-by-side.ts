import { isRecord, sorted } from '../../desired/canonical-yaml.js';
import { isEmpty } from '../../kubernetes/covers.js';

/** What is there and what is wanted, in one order of fields, so that their texts differ only where they do. */
export interface SideBySide {
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * The part of `observed` that `wanted` speaks about, beside it. What only the API server added is left out, within members of
 * lists too, and so is what is wanted empty and may be absent. Members are told by their `name` where all have one, else by
 * their place. Pure.
 */
export function sideBySide(observed: unknown, wanted: unknown): SideBySide {
  if (Array.isArray(wanted) && Array.isArray(observed)) return lists(observed, wanted);
  if (isRecord(wanted) && isRecord(observed)) return records(observed, wanted);
  return { before: sorted(observed), after: wanted };
}

function records(observed: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>) {
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(wanted)) {
    if (observed[field] === undefined) {
      if (!isEmpty(value)) after[field] = value;
      continue;
    }
    const both = sideBySide(observed[field], value);
    before[field] = both.before;
    after[field] = both.after;
  }
  return { before, after };
}

function lists(observed: readonly unknown[], wanted: readonly unknown[]) {
  const isNamed = [observed, wanted].every(
    (list) => new Set(list.map(nameOf)).size === list.length && list.every(nameOf),
  );
  const partner = (list: readonly unknown[], item: unknown, index: number) =>
    isNamed ? list.find((one) => nameOf(one) === nameOf(item)) : list[index];
  return {
    before: observed.map((item, index) => {
      const other = partner(wanted, item, index);
      return other === undefined ? sorted(item) : sideBySide(item, other).before;
    }),
    after: wanted.map((item, index) => {
      const other = partner(observed, item, index);
      return other === undefined ? item : sideBySide(other, item).after;
    }),
  };
}

const nameOf = (item: unknown): unknown => (isRecord(item) ? item['name'] : undefined);
