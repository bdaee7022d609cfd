import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../canonical-yaml.js';
import { PatchMismatch } from './json-patch.js';

/** Path of a list, with `.` between names → the field by which its elements are the same. Other lists are replaced whole. */
export type MergeKeys = Readonly<Record<string, string>>;

type Document = Readonly<Record<string, unknown>>;
const deletion = '$deleteFromPrimitiveList/';

/**
 * `target` changed by a Kubernetes strategic merge patch: as a JSON merge patch, but lists that `keys` names merge by
 * element. Understands `$patch: merge|replace|delete`, `$retainKeys` and `$deleteFromPrimitiveList`.
 * @throws PatchMismatch when the patch has another directive or an element without its merge key
 */
export function strategicMerge(target: unknown, patch: unknown, keys: MergeKeys): unknown {
  if (!isRecord(patch)) throw new PatchMismatch('a strategic merge patch is an object');
  return mergeObject(isRecord(target) ? target : {}, patch, keys, '');
}

function mergeObject(target: Document, patch: Document, keys: MergeKeys, path: string): Document {
  const how = patch.$patch ?? 'merge';
  if (how === 'delete') return {};
  const merged: Record<string, unknown> = how === 'replace' ? {} : retained(target, patch);
  if (how !== 'replace' && how !== 'merge') throw new PatchMismatch(`${path}: unknown $patch ${String(how)}`);
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$patch' || key === '$retainKeys') continue;
    if (key.startsWith(deletion)) without(merged, key.slice(deletion.length), value);
    else if (key.startsWith('$')) throw new PatchMismatch(`${path}: unknown directive ${key}`);
    else if (value === null) delete merged[key];
    else merged[key] = mergeValue(merged[key], value, keys, path === '' ? key : `${path}.${key}`);
  }
  return merged;
}

function mergeValue(target: unknown, value: unknown, keys: MergeKeys, path: string): unknown {
  if (isRecord(value)) return mergeObject(isRecord(target) ? target : {}, value, keys, path);
  const key = keys[path];
  if (!Array.isArray(value) || key === undefined) return value;
  return mergeList(Array.isArray(target) ? target : [], value, key, keys, path);
}

function mergeList(
  target: unknown[],
  patch: unknown[],
  key: string,
  keys: MergeKeys,
  path: string,
): unknown[] {
  if (!patch.every(isRecord)) throw new PatchMismatch(`${path}: an element of the patch is not an object`);
  const elements: readonly Document[] = patch;
  if (elements.some((element) => element.$patch === 'replace'))
    return elements.filter((element) => element.$patch === undefined);
  if (elements.some((element) => element[key] === undefined))
    throw new PatchMismatch(`${path}: an element of the patch has no ${key}`);
  const find = (list: readonly unknown[], element: unknown) =>
    list.findIndex((other) => isRecord(other) && isRecord(element) && other[key] === element[key]);
  const doomed = elements.filter((element) => element.$patch === 'delete');
  const wanted = elements.filter((element) => element.$patch !== 'delete');
  const kept = target.filter((element) => find(doomed, element) < 0 && find(wanted, element) < 0);
  const patched = wanted.map((element) =>
    mergeValue(target[find(target, element)] ?? {}, element, keys, path),
  );
  return interleave(kept, patched, (element) => find(target, element));
}

/**
 * One list of both, each in its own order: an element that the patch does not name comes before a patched one only
 * where it stood before it. That is the order in which the API machinery leaves such a list.
 */
function interleave(
  kept: readonly unknown[],
  patched: readonly unknown[],
  place: (element: unknown) => number,
) {
  const rest = [...kept];
  const merged = patched.flatMap((element) => {
    const stood = place(element);
    const first = stood < 0 ? 0 : rest.findIndex((other) => place(other) > stood);
    return [...rest.splice(0, first < 0 ? rest.length : first), element];
  });
  return [...merged, ...rest];
}

function retained(target: Document, patch: Document): Record<string, unknown> {
  const retain = patch.$retainKeys;
  if (retain === undefined) return { ...target };
  if (!Array.isArray(retain)) throw new PatchMismatch('$retainKeys is a list of names');
  return Object.fromEntries(Object.entries(target).filter(([key]) => retain.includes(key)));
}

function without(merged: Record<string, unknown>, key: string, doomed: unknown): void {
  const list = merged[key];
  if (!Array.isArray(doomed)) throw new PatchMismatch(`${deletion}${key} is a list`);
  if (Array.isArray(list))
    merged[key] = list.filter((value) => !doomed.some((other) => isDeepStrictEqual(value, other)));
}
