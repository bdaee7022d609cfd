import { Failure } from '../failure.js';
import { integrityOf, type PlanDocument, type PlanIdentity, planSchema } from './plan-document.js';

/**
 * The plan in a file's text, when it is whole and of this very podstrap. Pure.
 * @param file for messages
 * @param podstrap our own version
 * @throws Failure `usage` for what is no whole plan, `refused` for one of another podstrap
 */
export function readPlan(text: string, file: string, podstrap: string): PlanDocument {
  const document = parse(text, file);
  if (document['kind'] !== 'Plan' || typeof document['sha256'] !== 'string')
    throw unusable(file, 'it is not a plan that podstrap wrote');
  if (document['sha256'] !== integrityOf(document))
    throw unusable(file, 'it was changed after podstrap wrote it: its digest does not fit its content');
  if (document['podstrap'] !== podstrap)
    throw new Failure({
      kind: 'refused',
      doing: `Reading the plan ${file}`,
      said: `podstrap ${String(document['podstrap'])} made it, and this is podstrap ${podstrap}`,
      next: anew,
    });
  const parsed = planSchema.safeParse(document);
  if (!parsed.success)
    throw unusable(
      file,
      `it is not as schema/plan.schema.json says: ${parsed.error.issues[0]?.path.join('.')}`,
    );
  return parsed.data;
}

const anew = 'Nothing was changed. Make a new one with `podstrap plan --out FILE` and read it.';

function parse(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw unusable(file, 'it is not whole: it ends early, or is no JSON at all', cause);
  }
  throw unusable(file, 'it is not a plan that podstrap wrote');
}

/** A plan file that is of no use. */
export const unusable = (file: string, said: string, cause?: unknown): Failure =>
  new Failure({ kind: 'usage', doing: `Reading the plan ${file}`, said, next: anew, cause });

/**
 * Refuses a plan of another cluster, or one whose inventory is no longer as it was.
 * @throws Failure `refused` naming every part that changed
 */
export function refuseOther(file: string, approved: PlanIdentity, now: Omit<PlanIdentity, 'made'>): void {
  const said =
    approved.cluster.id === now.cluster.id ? changedParts(approved, now) : otherCluster(approved, now);
  if (said === undefined) return;
  throw new Failure({
    kind: 'refused',
    doing: `Comparing the plan ${file} with the inventory`,
    said,
    next: anew,
  });
}

const otherCluster = (approved: PlanIdentity, now: Pick<PlanIdentity, 'cluster'>): string =>
  `it is for another cluster: ${approved.cluster.name} (${approved.cluster.id}), and this one is ${now.cluster.name} (${now.cluster.id})`;

function changedParts(
  { inventory: then }: PlanIdentity,
  { inventory: now }: Pick<PlanIdentity, 'inventory'>,
) {
  const parts = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter(
    (part) => then[part] !== now[part],
  );
  return parts.length === 0
    ? undefined
    : `the inventory has changed since the plan was made: ${parts.sort().join(', ')}`;
}
