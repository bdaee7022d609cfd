/**
 * True when `observed` has every field that `wanted` names; it may have more, which the API server adds. An empty list or
 * object that is wanted may be absent, and so may nothing: the API server leaves those out.
 */
export function covers(observed: unknown, wanted: unknown): boolean {
  if (observed === undefined && isEmpty(wanted)) return true;
  if (Array.isArray(wanted))
    return (
      Array.isArray(observed) &&
      observed.length === wanted.length &&
      wanted.every((item, index) => covers(observed[index], item))
    );
  if (typeof wanted === 'object' && wanted !== null)
    return (
      typeof observed === 'object' &&
      observed !== null &&
      Object.entries(wanted).every(([field, value]) =>
        covers((observed as Record<string, unknown>)[field], value),
      )
    );
  return observed === wanted;
}

/** What an API server leaves out. */
export const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);
