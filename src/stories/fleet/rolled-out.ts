import { type Rolling, rolling } from '../../apply/rollout/rolling.js';
import { Failure } from '../../failure.js';
import { rolloutDigest } from '../../plan/rollout/rollout-digest.js';
import { continued, hasFailed, type RolloutRecord } from '../../plan/rollout/rollout-record.js';
import type { Session } from '../../survey/session.js';
import type { Planned } from '../reconcile.js';

/** A fleet's roll-out, as one run carries it on. */
export interface RolloutRun {
  /** What is known of it, and what takes its waves. */
  begin(planned: Planned): Promise<Rolling>;
  /** Notes that every host that could be reached has it. */
  end(): Promise<void>;
}

/** What is done about hosts that were lost when a roll-out that failed went back everywhere else. */
export interface PutBack<T> {
  /** @returns those that are as before the roll-out, and healthy */
  work(hosts: readonly string[]): Promise<readonly string[]>;
  /** What the run came to then. */
  ended(hosts: readonly string[]): T;
}

/**
 * Does the work of a run, of a fleet while nobody else works on the record of its roll-out: two runs on one machine would
 * otherwise both count. A cluster has none.
 * @throws Failure `refused` for a roll-out that has failed before
 */
export async function rolledOut<T>(
  session: Session,
  { plan, scope, site }: Planned,
  work: (rollout: RolloutRun | undefined) => Promise<T>,
  putBack: PutBack<T>,
): Promise<T> {
  const { inventory, keys, rollouts, run, now } = session;
  const { rollout } = inventory.spec;
  if (rollout === undefined) return work(undefined);
  const digest = rolloutDigest(inventory, keys.planKey);
  return rollouts.alone(async () => {
    const found = await rollouts.load();
    const owed = found?.owed.filter((host) => site.transports.has(host)) ?? [];
    if (found !== undefined && owed.length > 0) {
      const back = await putBack.work(owed);
      const hosts = Object.fromEntries(back.map((host) => [host, 'back' as const]));
      const left = found.owed.filter((host) => !back.includes(host));
      await rollouts.save({ ...found, owed: left, hosts: { ...found.hosts, ...hosts } });
      // What was planned is about what they had.
      if (back.length > 0) return putBack.ended(back);
    }
    const before = await rollouts.load();
    if (plan.steps.length > 0 && hasFailed(before, digest) && scope.retry !== true)
      throw hasFailedBefore(before!);
    const memory: { record: RolloutRecord | undefined } = { record: before };
    return work({
      begin: async (planned) => {
        const changing = planned.plan.waves.flatMap((wave) => (wave.kind === 'batch' ? wave.hosts : []));
        const record = continued(before, changing, { digest, run, at: now().toISOString() });
        await rollouts.save(record);
        const own = {
          record,
          save: (one: RolloutRecord) => {
            memory.record = one;
            return rollouts.save(one);
          },
        };
        memory.record = record;
        return rolling(planned.survey, planned.plan, rollout, own);
      },
      end: async () => {
        const { waiting: _, ...record } = memory.record!;
        const failed = record.failed.filter(({ digest: one }) => one !== digest);
        await rollouts.save({ ...record, state: 'done', failed });
      },
    });
  });
}

const hasFailedBefore = ({ said, digest, failed }: RolloutRecord): Failure =>
  new Failure({
    kind: 'refused',
    doing: 'Beginning the roll-out',
    said: `this roll-out has failed before${said === undefined || failed.at(-1)?.digest !== digest ? '' : `:\n${said}`}`,
    next: 'Nothing was changed. Change what the inventory asks for; or, where the hosts were the cause, run `podstrap up --retry`.',
  });
