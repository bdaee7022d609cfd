import type { z } from 'zod';
import type { Path } from './path.js';
import type { inventorySchema } from './schema.js';

export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly (DeepPartial<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> | undefined }
    : T;

/** An inventory of which only sound fields are left: what stands in it has the right type, but anything may be absent. */
export type Draft = DeepPartial<z.input<typeof inventorySchema>>;

export type DraftHost = NonNullable<NonNullable<NonNullable<Draft['spec']>['hosts']>[number]>;

/** `value` without the fields at `broken`. Items of lists leave a gap, so that indices keep their meaning. */
export function draftOf(value: unknown, broken: readonly Path[]): Draft {
  const copy = structuredClone(value);
  for (const path of broken) remove(copy, path);
  return (isObject(copy) ? copy : {}) as Draft;
}

function remove(root: unknown, path: Path): void {
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((node, step) => (isObject(node) ? node[step] : undefined), root);
  const last = path.at(-1);
  if (!isObject(parent) || last === undefined) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else delete parent[last];
}

const isObject = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null;

/** The hosts that are there, with their indices. */
export const hostsOf = (draft: Draft): readonly { host: DraftHost; index: number }[] =>
  (draft.spec?.hosts ?? []).flatMap((host, index) => (host === undefined ? [] : [{ host, index }]));
