import { Failure } from '../../failure.js';
import { didYouMean } from '../../inventory/did-you-mean.js';
import { rolloutDigest } from '../../plan/rollout/rollout-digest.js';
import type { RolloutRecord } from '../../plan/rollout/rollout-record.js';
import type { Session } from '../../survey/session.js';

const doing = 'Approving a stage of the roll-out';

/**
 * Notes that the roll-out may go on behind a stage: the one that the record is about, and no other.
 * @throws Failure `usage` where there is no such stage, `refused` where nothing waits for it
 */
export async function approveStage(session: Session, stage: string): Promise<RolloutRecord> {
  const { inventory, rollouts, keys, now, owner } = session;
  const stages = (inventory.spec.rollout?.stages ?? []).filter(({ approve }) => approve);
  if (!stages.some(({ name }) => name === stage)) {
    const names = stages.map(({ name }) => name);
    const hint = didYouMean(stage, names);
    throw new Failure({
      kind: 'usage',
      doing,
      said: `${inventory.file} has no stage ${stage} that waits for an approval${hint === undefined ? '' : `; ${hint}`}`,
      next:
        names.length === 0
          ? 'Stages of a fleet wait for it that have `approve: true` in spec.rollout.stages.'
          : `There are ${names.join(', ')}.`,
    });
  }
  const digest = rolloutDigest(inventory, keys.planKey);
  return rollouts.alone(async () => {
    const record = await rollouts.load();
    if (record?.digest !== digest || record.waiting !== stage)
      throw new Failure({
        kind: 'refused',
        doing,
        said:
          record !== undefined && record.digest !== digest
            ? 'the inventory has changed since the last roll-out: that stage has not had it yet'
            : `no roll-out waits for an approval of ${stage}`,
        next: 'Run `podstrap up` first: it changes the hosts of the stage, and ends when it waits for the approval.',
      });
    const { waiting: _, ...rest } = record;
    const approved = {
      ...rest,
      approved: { ...record.approved, [stage]: { by: owner, at: now().toISOString() } },
    };
    await rollouts.save(approved);
    return approved;
  });
}
