import { parseTaints, type Taint, taintsAnnotation } from '../../desired/node/taints.js';
import type { ApiObject } from '../../kubernetes/api-object.js';

const noted = ({ metadata }: ApiObject): readonly Taint[] =>
  parseTaints(((metadata['annotations'] ?? {}) as Record<string, string>)[taintsAnnotation] ?? '');

const isSame = (one: Taint, other: Taint): boolean => one.key === other.key && one.effect === other.effect;

/**
 * The taints that a Node is to have: those of others as they are, those of the inventory, and no longer those that podstrap
 * gave it and the inventory has no more. Pure. @returns undefined where it has them, and for any other kind
 */
export function changedTaints(wanted: ApiObject, observed: ApiObject): readonly Taint[] | undefined {
  if (wanted.kind !== 'Node') return undefined;
  const { taints = [] } = (observed['spec'] ?? {}) as { taints?: readonly Taint[] };
  const [given, asked] = [noted(observed), noted(wanted)];
  const isAsked = (taint: Taint) =>
    asked.some((one) => isSame(one, taint) && (one.value ?? '') === (taint.value ?? ''));
  const kept = taints.filter(
    (taint) => isAsked(taint) || ![...given, ...asked].some((one) => isSame(one, taint)),
  );
  const added = asked.filter((one) => !kept.some((taint) => isSame(one, taint)));
  return kept.length === taints.length && added.length === 0 ? undefined : [...kept, ...added];
}

/** A wanted Node with its taints, where these have to change. Pure. */
export function withTaints(wanted: ApiObject, observed: ApiObject): ApiObject {
  const taints = changedTaints(wanted, observed);
  return taints === undefined ? wanted : { ...wanted, spec: { ...(wanted['spec'] as object), taints } };
}
