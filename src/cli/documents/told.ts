import { z } from 'zod';

/** A host that was not looked at. */
export const unreachable = z.strictObject({
  host: z.string(),
  said: z.string().describe('why it could not be reached'),
});

export const uncompared = z
  .array(z.string())
  .describe('names of API objects that could not be compared, since no API server answered');

export const strangers = z
  .array(
    z.strictObject({
      host: z.string(),
      path: z.string(),
      said: z.string().describe('what it is, as a sentence without its full stop'),
    }),
  )
  .describe('what is not podstrap’s and changes what it runs');
