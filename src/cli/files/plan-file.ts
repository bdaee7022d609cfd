import { readFileSync } from 'node:fs';
import { placeOf, type Writing, writeOperatorFile } from '../../operator/operator-file.js';
import { inventoryDigests } from '../../plan/documents/inventory-digests.js';
import { type PlanDocument, type PlanIdentity, planDocument } from '../../plan/documents/plan-document.js';
import { readPlan, type UnprovenPlan, unusable } from '../../plan/documents/read-plan.js';
import { estimateOf } from '../../plan/estimate.js';
import type { Plan } from '../../plan/step.js';
import type { Session } from '../../survey/session.js';
import { jsonText } from '../terminal.js';
import { version } from '../version.js';

/** Whose plan one would be that is made now. */
export const identityNow = ({ inventory, keys, now }: Session, prune: boolean): PlanIdentity => ({
  podstrap: version(),
  cluster: { name: inventory.metadata.name, id: keys.clusterId },
  made: now().toISOString(),
  inventory: inventoryDigests(inventory, keys),
  prune,
});

export const documentOf = (session: Session, plan: Plan, prune: boolean): PlanDocument =>
  planDocument(plan, estimateOf(plan, session.inventory), identityNow(session, prune), session.keys.planKey);

/** Writes a plan as a file that is there whole or not at all. @throws Failure `usage` when it cannot be written */
export const writePlanFile = (file: string, document: PlanDocument): Promise<string> =>
  writeOperatorFile(file, `${jsonText(document, 2)}\n`, planFile(file));

/** Before hosts are looked at. @throws Failure `usage` when no plan can be written there */
export const requirePlanPlace = async (file: string): Promise<void> =>
  void (await placeOf(file, planFile(file)));

const planFile = (file: string): Writing => ({
  what: `the plan ${file}`,
  next: 'Name a file in a folder that is there, with --out.',
});

/** @throws Failure `usage`, `refused` when it is no whole plan of this very podstrap */
export function readPlanFile(file: string): UnprovenPlan {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const said =
      codeOf(cause) === 'ENOENT' ? 'there is no such file' : `it cannot be read (${codeOf(cause)})`;
    throw unusable(file, said, cause);
  }
  return readPlan(text, file, version());
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';
