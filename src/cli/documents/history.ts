import { z } from 'zod';
import { plannedEvent, stepEvent, warningEvent } from './events.js';
import { failures } from './failures.js';
import { unreachable } from './told.js';

const pastRun = {
  run: z.string().describe('its name'),
  time: z.string().describe('when it began, ISO 8601'),
  by: z
    .string()
    .optional()
    .describe('user@machine; absent where the journal of an earlier podstrap does not say'),
  command: z.string().optional().describe('such as `certs renew`'),
  changes: z.int().describe('changes that were made'),
  result: z
    .enum(['done', 'failed', 'interrupted', 'running', 'killed'])
    .describe('`killed`: it ended without saying so'),
  seconds: z.number().optional().describe('until its last event'),
};

const rollbackTo = z.string().exactOptional().describe('the run whose state it brought back');

const memory = z.strictObject({
  host: z.string(),
  generation: z
    .strictObject({ run: z.string(), rollbackTo })
    .optional()
    .describe('the last run that was finished there; absent where none was'),
  generations: z.array(z.string()).describe('runs whose generations are kept, oldest first'),
  journal: z
    .array(
      z.strictObject({
        run: z.string(),
        time: z.string().describe('when it was finished, ISO 8601'),
        by: z.string().describe('user@machine, and the command'),
        podstrap: z.string().describe('version of podstrap'),
        plan: z.string().describe('digest of its plan'),
        rollbackTo,
        steps: z.int().describe('changes on this host'),
        result: z.literal('done'),
      }),
    )
    .describe('runs that were finished there, oldest first'),
});

/** What `podstrap history` tells. */
export const runListSchema = z.strictObject({
  cluster: z.string().describe('its name'),
  items: z.array(z.strictObject({ ...pastRun, rollbackTo })).describe('runs, oldest first'),
  hosts: z.array(memory).exactOptional().describe('what the hosts remember; only with `--hosts`'),
  unreachable: z
    .array(unreachable)
    .exactOptional()
    .describe('hosts that were not asked; only with `--hosts`'),
});

/** When an event of a journal happened. */
const at = z.string().describe('ISO 8601');

/** What `podstrap history show` tells. */
export const runSchema = z.strictObject({
  ...pastRun,
  plan: plannedEvent
    .extend({ at })
    .optional()
    .describe('the approved plan; absent when the run came to none'),
  steps: z.array(stepEvent.extend({ at })).describe('changes that were made'),
  warnings: z.array(warningEvent.extend({ at })),
  failures,
  record: z
    .string()
    .exactOptional()
    .describe(
      'digest of what the run has led to, for `--accept-record` on a machine that has forgotten it; absent where this one does not remember it either',
    ),
});
