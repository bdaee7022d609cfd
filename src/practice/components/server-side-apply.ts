export type Json = { [field: string]: unknown };

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Which fields an applied object names, as managedFields has it. Lists are owned as a whole here. */
export function fieldsOf(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).map(([field, part]) => [
      `f:${field}`,
      isObject(part) && Object.keys(part).length > 0 ? fieldsOf(part) : {},
    ]),
  );
}

/** Fields of an applied object that count as owned: not what names it. */
export function ownedFields(applied: Json): Json {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = applied;
  const { name: _name, namespace: _namespace, ...named } = (metadata ?? {}) as Json;
  return fieldsOf({ ...rest, ...(Object.keys(named).length > 0 ? { metadata: named } : {}) });
}

/** Takes out of an object what its manager owned before and names no more, unless another manager owns it too. */
export function prune(object: Json, before: Json, after: Json, others: readonly Json[]): void {
  for (const [key, part] of Object.entries(before)) {
    const field = key.slice(2);
    const value = object[field];
    const also = others.flatMap((other) => (isObject(other[key]) ? [other[key] as Json] : []));
    if (key in after) {
      if (isObject(value)) prune(value, part as Json, after[key] as Json, also);
    } else if (isObject(value) && Object.keys(part as Json).length > 0) {
      prune(value, part as Json, {}, also);
      if (Object.keys(value).length === 0) delete object[field];
    } else if (also.length === 0) delete object[field];
  }
}

/** Dotted names of fields that both own and that `object` would change; empty lists of owned fields are leaves. */
export function conflicts(object: unknown, applied: unknown, owned: Json, path = ''): string[] {
  if (!isObject(applied)) return [];
  return Object.entries(applied).flatMap(([field, value]) => {
    const part = owned[`f:${field}`];
    if (!isObject(part)) return [];
    const current = isObject(object) ? object[field] : undefined;
    if (Object.keys(part).length > 0 && isObject(value))
      return conflicts(current, value, part, `${path}.${field}`);
    return JSON.stringify(current) === JSON.stringify(value) ? [] : [`${path}.${field}`];
  });
}

/** Objects merge field by field; anything else replaces. With `nullDeletes` it is RFC 7386. */
export function merge(target: unknown, patch: unknown, nullDeletes: boolean): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch))
    if (value === null && nullDeletes) delete result[field];
    else result[field] = merge(result[field], value, nullDeletes);
  return result;
}
