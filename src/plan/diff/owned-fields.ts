import type { ApiObject } from '../../kubernetes/api-object.js';

type Fields = Readonly<Record<string, unknown>>;

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly fieldsV1?: Fields;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Which labels and annotations of an object podstrap has set by server-side apply, as the API itself remembers: `true`
 * where a value is ours. Other fields are left out: some, such as the podCIDR of a node, can never be taken back.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function ownedMetadata({ metadata }: ApiObject): Fields {
  const shape = shapeOf(oursIn(metadata)?.fieldsV1 ?? {});
  return isFields(shape['metadata']) ? { metadata: shape['metadata'] } : {};
}

/** True for an object that podstrap has applied. */
export const isApplied = ({ metadata }: ApiObject): boolean => oursIn(metadata) !== undefined;

const oursIn = ({ managedFields = [] }: ApiObject['metadata']): ManagedFields | undefined =>
  (managedFields as readonly ManagedFields[]).find(
    ({ manager, operation }) => manager === 'podstrap' && operation === 'Apply',
  );

/** `f:NAME` is a field; `k:…`, `v:…` and `.` are about members of a list, or about the object itself. */
function shapeOf(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, below]) => {
      if (!key.startsWith('f:')) return [];
      const shape = isFields(below) ? shapeOf(below) : {};
      return [[key.slice(2), Object.keys(shape).length > 0 ? shape : true]];
    }),
  );
}

/** `wanted` and, beside it, what is owned and no longer wanted. */
export function withGivenUp(wanted: unknown, owned: unknown): unknown {
  if (wanted === undefined) return owned;
  if (!isFields(wanted) || !isFields(owned)) return wanted;
  const names = new Set([...Object.keys(wanted), ...Object.keys(owned)]);
  return Object.fromEntries([...names].map((name) => [name, withGivenUp(wanted[name], owned[name])]));
}

/** True when something is owned that is no longer wanted: applying takes it away. */
export const givesUp = (wanted: unknown, owned: unknown): boolean =>
  isFields(owned) &&
  Object.entries(owned).some(([name, below]) => {
    const value = isFields(wanted) ? wanted[name] : undefined;
    return value === undefined || (isFields(value) && givesUp(value, below));
  });
