import { z } from 'zod';
import { checkReportSchema } from './check-report.js';
import { failures } from './failures.js';

const host = z.string().describe('name of the host; empty for the API');
const stage = z.string().describe('see plan-format.md');
const bytes = z.number().describe('bytes');
const total = bytes;
const skipped = z.array(z.string()).describe('hosts that could not be reached');

const event = <Name extends string, Fields extends z.ZodRawShape>(name: Name, fields: Fields, when: string) =>
  z.strictObject({ event: z.literal(name), ...fields }).describe(when);

const step = { host, step: z.string(), reason: z.string().describe('why') };

export const plannedEvent = event(
  'planned',
  {
    plan: z.string().describe('digest of the plan'),
    steps: z.array(
      z.strictObject({
        ...step,
        wave: z.string().exactOptional().describe('name of the wave that takes it'),
      }),
    ),
    waves: z
      .array(z.strictObject({ name: z.string(), after: z.array(z.string()) }))
      .exactOptional()
      .describe('in which order, where the plan says that'),
    seconds: z.number().exactOptional().describe('about how long it takes, by the plan’s own estimate'),
  },
  'the plan is approved and its first change near; once more, when hosts have moved until the lock was taken',
);
export const stepEvent = event('step', step, 'one change was made');
export const warningEvent = event(
  'warning',
  { host: host.exactOptional(), message: z.string() },
  'something to know that stops nothing',
);

const result = <Fields extends z.ZodRawShape>(fields: Fields, when: string) => event('result', fields, when);

/** What happens, as `-o json` prints it. */
export const eventSchemas = [
  event(
    'stage',
    {
      stage,
      state: z.enum(['started', 'finished']),
      seconds: z.number().exactOptional().describe('how long it took'),
    },
    'a stage begins or ends; one that failed does not finish',
  ),
  event(
    'wave',
    { wave: z.string().describe('its name in the plan'), state: z.enum(['started', 'finished']) },
    'a wave of the plan begins or ends; one that failed does not finish',
  ),
  event('host', { host, stage, doing: z.string() }, 'a host begins something'),
  event(
    'host-failed',
    { host, stage, said: z.string() },
    'a stage failed on a host; others may continue to the end of it',
  ),
  event('host-done', { host, stage, did: z.string() }, 'a host is done with a stage'),
  plannedEvent,
  stepEvent,
  event(
    'waiting',
    { host, stage, for: z.string() },
    'what a gate still waits for, each time that it changes',
  ),
  event('transfer', { host, artifact: z.string(), sent: bytes, total }, 'bytes on their way to a host'),
  event(
    'fetch',
    { artifact: z.string(), received: bytes, total: total.optional() },
    'bytes on their way into the cache',
  ),
  event(
    'verify',
    { file: z.string(), checked: bytes, total },
    'bytes of the bundle that were checked before its use',
  ),
  event(
    'held',
    { for: z.string() },
    'the roll-out of a fleet ends here for now; the next run goes on with it',
  ),
  warningEvent,
  event(
    'scene',
    {
      says: z.string(),
      command: z.string().exactOptional().describe('what is run; its own documents follow'),
    },
    'a scene of `demo` begins',
  ),
  result(
    {
      steps: z.int().describe('number of changes'),
      kubeconfig: z
        .string()
        .exactOptional()
        .describe('path of the administrator’s kubeconfig; absent where there is no API'),
      held: z
        .string()
        .exactOptional()
        .describe('what the roll-out of a fleet waits for, which goes on with the next `up` then'),
      skipped,
      rollbackTo: z.string().exactOptional().describe('the run whose state was brought back'),
      seconds: z.number().describe('how long it took'),
      check: checkReportSchema
        .extend({ apiVersion: z.string(), kind: z.literal('CheckReport') })
        .exactOptional()
        .describe('with `--check`'),
    },
    'the last line of an `up`, `rollback` or `certs renew` that succeeded',
  ),
  result(
    {
      snapshot: z.string().describe('path of the snapshot'),
      members: z.array(z.string()).describe('control planes that have its data'),
      joining: z.array(z.string()).describe('control planes that `up` joins to them'),
    },
    'the last line of an `etcd restore` that succeeded',
  ),
  result(
    { reset: z.array(z.string()).describe('hosts that were put back'), skipped },
    'the last line of a `reset` that succeeded',
  ),
  result(
    {
      approved: z.string().describe('name of the stage'),
      rollout: z.string().describe('what the approval is for: another roll-out needs one of its own'),
    },
    'the last line of an `approve` that succeeded',
  ),
  result(
    { scenes: z.int().describe('number of scenes'), seconds: z.number() },
    'the last line of a `demo` that succeeded',
  ),
  event('failed', { failures }, 'the last line of any command that failed'),
] as const;

/** One line of what happens. */
export const eventSchema = z.union(
  eventSchemas.map((one) => one.extend({ at: z.iso.datetime().describe('when, ISO 8601') })),
);
