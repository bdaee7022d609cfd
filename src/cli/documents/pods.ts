import { z } from 'zod';

/** A line that `podstrap logs` tells. */
export const logLineSchema = z.strictObject({
  pod: z.string().describe('name of the static pod'),
  host: z.string(),
  container: z.string(),
  at: z.string().describe('when it was written, as the container runtime noted it'),
  stream: z.enum(['stdout', 'stderr']),
  text: z.string(),
});

/** What came of `podstrap exec`. */
export const executedSchema = z.strictObject({
  host: z.string(),
  pod: z.string().describe('name of the static pod'),
  code: z.int().describe('exit code of the command'),
  stdout: z.string(),
  stderr: z.string(),
});
