import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../../failure.js';
import type { Secret } from '../../secret.js';
import {
  type PlanDocument,
  type PlanIdentity,
  planFormat,
  planSchema,
  sealOfDocument,
} from './plan-document.js';

/** A plan as a file has it: whole, of this very podstrap, and perhaps written by anybody. */
export interface UnprovenPlan {
  readonly file: string;
  /** Whose it says that it is, which is not proven either. */
  readonly cluster: PlanIdentity['cluster'];
  /** Whether it says that strangers are removed. */
  readonly prune: boolean;
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * The plan in a file's text, when it is whole and of this very podstrap. Pure.
 * @param file for messages
 * @param podstrap our own version
 * @throws Failure `usage` for what is no whole plan, `refused` for one of another podstrap
 */
export function readPlan(text: string, file: string, podstrap: string): UnprovenPlan {
  const document = parse(text, file);
  if (document['kind'] !== 'Plan') throw unusable(file, 'it is not a plan that podstrap wrote');
  if (typeof document['seal'] !== 'string')
    throw unusable(file, 'it is not sealed: an earlier podstrap wrote it, or somebody else did');
  if (document['podstrap'] !== podstrap)
    throw refused(file, `podstrap ${String(document['podstrap'])} made it, and this is podstrap ${podstrap}`);
  if (document['format'] !== planFormat)
    throw unusable(file, 'another build of podstrap wrote it, in another format: it has to be planned again');
  const { name, id } = (document['cluster'] ?? {}) as { readonly name?: unknown; readonly id?: unknown };
  return {
    file,
    cluster: { name: String(name), id: String(id) },
    prune: document['prune'] === true,
    document,
  };
}

/**
 * The plan that a file holds, when who has this cluster's keystore made it, and nobody changed it since. Pure.
 * @throws Failure `refused` for one of another cluster or keystore, or one that was edited; `usage` for a senseless one
 */
export function provenPlan(
  { file, cluster, document }: UnprovenPlan,
  now: Pick<PlanIdentity, 'cluster'>,
  key: Secret,
): PlanDocument {
  if (cluster.id !== now.cluster.id) throw refused(file, otherCluster({ cluster }, now));
  if (!isSame(String(document['seal']), sealOfDocument(document, key)))
    throw unusable(
      file,
      'its seal does not fit its content: it was changed after podstrap wrote it, or written with another keystore',
    );
  const parsed = planSchema.safeParse(document);
  if (!parsed.success)
    throw unusable(
      file,
      `it is not as schema/plan.schema.json says: ${parsed.error.issues[0]?.path.join('.')}`,
    );
  return parsed.data;
}

/** In the same time wherever they differ. */
const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));

const anew = 'Nothing was changed. Make a new one with `podstrap plan --out FILE` and read it.';

function parse(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw unusable(file, 'it is incomplete: it ends early, or is not JSON at all', cause);
  }
  throw unusable(file, 'it is not a plan that podstrap wrote');
}

/** A plan file that is of no use. */
export const unusable = (file: string, said: string, cause?: unknown): Failure =>
  new Failure({ kind: 'usage', doing: `Reading the plan ${file}`, said, next: anew, cause });

/**
 * Refuses a plan whose inventory is no longer as it was.
 * @throws Failure `refused` naming every part that changed
 */
export function refuseOther(
  file: string,
  approved: Pick<PlanIdentity, 'inventory'>,
  now: Pick<PlanIdentity, 'inventory'>,
): void {
  const said = changedParts(approved, now);
  if (said !== undefined) throw refused(file, said, `Comparing the plan ${file} with the inventory`);
}

const refused = (file: string, said: string, doing = `Reading the plan ${file}`): Failure =>
  new Failure({ kind: 'refused', doing, said, next: anew });

const otherCluster = (approved: Pick<PlanIdentity, 'cluster'>, now: Pick<PlanIdentity, 'cluster'>): string =>
  `it is for another cluster: ${approved.cluster.name} (${approved.cluster.id}), and this one is ${now.cluster.name} (${now.cluster.id})`;

function changedParts(
  { inventory: then }: Pick<PlanIdentity, 'inventory'>,
  { inventory: now }: Pick<PlanIdentity, 'inventory'>,
) {
  const parts = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter(
    (part) => then[part] !== now[part],
  );
  return parts.length === 0
    ? undefined
    : `the inventory has changed since the plan was made: ${parts.sort().join(', ')}`;
}
