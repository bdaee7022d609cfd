import { z } from 'zod';

const kinds = [
  'usage',
  'inventory',
  'keystore',
  'artifact',
  'unreachable',
  'unsound',
  'authentication',
  'host-key',
  'privilege',
  'connection-lost',
  'preflight',
  'apply',
  'gate',
  'locked',
  'refused',
  'interrupted',
  'internal',
] as const;

/** What went wrong, as data. */
export const failures = z
  .array(
    z.strictObject({
      kind: z.enum(kinds).describe('see plan-format.md'),
      doing: z.string().describe('what podstrap was doing'),
      where: z
        .strictObject({
          host: z.string().optional(),
          phase: z.string().optional(),
          step: z.string().optional(),
        })
        .exactOptional(),
      said: z.string().optional().describe('what the machine said'),
      next: z.string().optional().describe('what to do next'),
    }),
  )
  .describe('what went wrong');
