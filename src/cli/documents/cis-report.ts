import { z } from 'zod';

/** What `podstrap check --cis` tells. */
export const cisReportSchema = z.strictObject({
  cluster: z.string().describe('its name'),
  benchmark: z.literal('cis-1.12').describe('whose checks these are'),
  ok: z.boolean().describe('false when a check fails on a host, or when a host could not be asked'),
  results: z.array(
    z.strictObject({
      id: z.string().describe('number of the check'),
      node: z.string().describe('name of the host'),
      result: z
        .enum(['pass', 'fail', 'warn'])
        .describe('`fail` only of scored checks; `warn` is for a person to judge'),
      about: z.string().describe('what is true where it passes'),
      said: z.string().exactOptional().describe('what was found instead'),
      answer: z.string().exactOptional().describe('how podstrap answers it; see hardening.md'),
    }),
  ),
  unasked: z
    .array(z.strictObject({ node: z.string(), said: z.string().describe('why') }))
    .describe('hosts that could not be asked'),
});
