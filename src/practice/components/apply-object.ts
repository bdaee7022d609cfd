import { ApiError } from './api-error.js';
import { conflicts, type Json, merge, ownedFields, prune } from './server-side-apply.js';
import type { ManagedFields, Stored } from './stored-object.js';

/**
 * Server-side apply: `old` with the fields that `applied` names, without those that its manager named before and names
 * no more. Pure.
 * @throws ApiError 409 when another manager owns a field that would change, and `force` is false
 */
export function applyObject(
  old: Stored | undefined,
  applied: Stored,
  apiVersion: string,
  { manager, force }: { readonly manager: string; readonly force: boolean },
): Stored {
  const managed = old?.metadata.managedFields ?? [];
  const isOwn = (one: ManagedFields) => one.manager === manager && one.operation === 'Apply';
  const others = managed.filter((one) => !isOwn(one));
  const disputed = others.filter((one) => conflicts(old, applied, one.fieldsV1).length > 0);
  if (disputed.length > 0 && !force)
    throw new ApiError(
      409,
      'Conflict',
      `Apply failed with ${disputed.length} conflict: conflict with "${disputed[0]!.manager}": ${conflicts(old, applied, disputed[0]!.fieldsV1).join(', ')}`,
    );
  const fields = ownedFields(applied);
  const object = structuredClone(old ?? {}) as Json;
  const before = managed.find(isOwn);
  if (before !== undefined)
    prune(
      object,
      before.fieldsV1,
      fields,
      others.map(({ fieldsV1 }) => fieldsV1),
    );
  const merged = merge(object, applied, false) as Stored;
  const own: ManagedFields = {
    manager,
    operation: 'Apply',
    apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  merged.metadata.managedFields = [...others, own];
  return merged;
}
