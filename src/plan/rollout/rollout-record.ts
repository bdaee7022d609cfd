import { z } from 'zod';

const time = z.iso.datetime();
const name = z.string().min(1).max(253);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * How far a roll-out is, as the operator's machine remembers it. It outlives runs: one may end, and another one goes on.
 */
export const rolloutRecordSchema = z.strictObject({
  /** Of all that the fleet should have. */
  digest,
  /** The run that began it. */
  run: z.string().max(100),
  begun: time,
  state: z.enum(['under-way', 'done', 'failed']),
  /** Why it failed. */
  said: z.string().max(20_000).exactOptional(),
  /** The hosts that it has changed. `changing`: nobody knows how that ended. `back`: as it was before. */
  hosts: z.record(name, z.enum(['changing', 'proved', 'failed', 'back'])),
  /** By stage, since when all its hosts were proved. */
  soaking: z.record(name, time),
  /** By stage. */
  approved: z.record(name, z.strictObject({ by: z.string().max(300), at: time })),
  /** The stage that waits for an approval. */
  waiting: name.exactOptional(),
  /** Hosts that go back as soon as they can be reached. */
  owed: z.array(name),
  /** Roll-outs that failed, the last ones. */
  failed: z.array(z.strictObject({ digest, at: time })),
});

export type RolloutRecord = Readonly<z.output<typeof rolloutRecordSchema>>;

/** Roll-outs that are remembered as failed. */
const mostFailed = 50;

/** The record of a roll-out that begins. Pure. */
export const beginning = (
  before: RolloutRecord | undefined,
  { digest, run, at }: { readonly digest: string; readonly run: string; readonly at: string },
): RolloutRecord => ({
  digest,
  run,
  begun: at,
  state: 'under-way',
  hosts: {},
  soaking: {},
  approved: {},
  owed: before?.owed ?? [],
  failed: before?.failed ?? [],
});

/**
 * The record that a run goes on with. One of the same digest goes on, unless it has ended, or hosts that it has proved are to be
 * changed once more: something else is different then, and what was approved and soaked says nothing of it. Pure.
 * @param changing hosts that the plan changes
 */
export function continued(
  before: RolloutRecord | undefined,
  changing: readonly string[],
  now: { readonly digest: string; readonly run: string; readonly at: string },
): RolloutRecord {
  const isOther =
    before === undefined ||
    before.digest !== now.digest ||
    before.state === 'failed' ||
    changing.some((host) => before.hosts[host] === 'proved');
  if (isOther) return beginning(before, now);
  return { ...before, state: 'under-way' };
}

/** The same, failed for good. Pure. */
export const asFailed = (record: RolloutRecord, said: string, at: string): RolloutRecord => ({
  ...record,
  state: 'failed',
  said: said.slice(0, 20_000),
  failed: [
    ...record.failed.filter(({ digest: one }) => one !== record.digest),
    { digest: record.digest, at },
  ].slice(-mostFailed),
});

export const hasFailed = (record: RolloutRecord | undefined, wanted: string): boolean =>
  record?.failed.some(({ digest: one }) => one === wanted) === true;
