import { z } from 'zod';
import { dnsLabel, duration } from '../scalars.js';
import { hostSelectorSchema } from '../static-pods/static-pods-schema.js';

const percentage = /^(100|[1-9]?\d)%$/;
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as "22:00", in quotes');

/** A number of hosts, or a part of them. */
const amount = (least: number) =>
  z.union([z.int().min(least), z.string().regex(percentage)], {
    error: `a number of hosts from ${least}, or a percentage such as 10%`,
  });

export const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** In which order, and how carefully, what is wanted reaches the hosts of a fleet. */
export const rolloutSchema = z
  .strictObject({
    stages: z
      .array(
        z.strictObject({
          name: dnsLabel.describe('Name of the stage'),
          hosts: hostSelectorSchema
            .optional()
            .describe(
              'Its hosts. A host belongs to the first stage that matches it. Default: every host that is in no earlier stage',
            ),
          maxParallel: amount(1)
            .default('100%')
            .describe(
              'How many of its hosts change at the same time: a number, or a percentage of those that can be reached, rounded up',
            ),
          soak: duration
            .default('0s')
            .describe('How long its hosts have to stay healthy before the next stage begins'),
          approve: z
            .boolean()
            .default(false)
            .describe(
              'Whether the next stage waits until this one is approved with `podstrap approve STAGE`',
            ),
          allowEmpty: z.boolean().default(false).describe('Allow it to have no hosts'),
        }),
      )
      .default([])
      .describe(
        'Stages, one after another, and within each the order of the inventory; hosts in no stage come last, 10 % at a time. Default: one host first, then 10 % at a time',
      ),
    minHealthyTime: duration
      .default('30s')
      .describe('How long the pods of a changed host have to stay healthy before it counts as done'),
    healthyDeadline: duration
      .default('5m')
      .describe('How long they may take to become healthy before the host counts as failed'),
    failureTolerance: amount(0)
      .default(0)
      .describe(
        'How many hosts may fail, and be rolled back on their own, before the roll-out ends: a number, or a percentage of its hosts, rounded down',
      ),
    onFailure: z
      .enum(['revert', 'stop'])
      .default('revert')
      .describe(
        'What happens when it ends that way. `revert`: every host that it has changed is rolled back, in earlier stages too; `stop`: only those that failed',
      ),
    window: z
      .strictObject({
        days: z
          .array(z.enum(days))
          .min(1)
          .default([...days])
          .describe('Days on which it begins'),
        from: clock.describe('When it begins'),
        to: clock.describe('When it ends; a time before `from` is on the next day'),
        timeZone: z
          .string()
          .refine(isTimeZone, 'a time zone such as Europe/Berlin')
          .default('UTC')
          .describe('Time zone of both'),
      })
      .optional()
      .describe('When hosts may be changed; outside of it no change begins'),
  })
  .prefault({})
  .describe('How changes reach the hosts');
