import { z } from 'zod';
import { checkKinds } from '../../check/check-report.js';

/** What `podstrap check` tells. */
export const checkReportSchema = z.strictObject({
  cluster: z.string().describe('its name'),
  ok: z.boolean().describe('false when a check has failed; skipped checks do not count'),
  seconds: z.number().describe('how long all of it took'),
  checks: z.array(
    z.strictObject({
      check: z.enum(checkKinds.map(({ name }) => name)).describe('see check.md'),
      node: z
        .string()
        .exactOptional()
        .describe('name of the host; absent for checks of the cluster and of the keystore'),
      result: z.enum(['ok', 'failed', 'skipped']),
      seconds: z.number().describe('how long it took'),
      said: z.string().exactOptional().describe('what is wrong, or why it was skipped'),
      next: z.string().exactOptional().describe('what to do about it'),
    }),
  ),
});
