import { z } from 'zod';

const site = z.strictObject({
  name: z.string(),
  state: z
    .enum(['running', 'ended'])
    .describe('`ended`: their process is gone, and their folder is still there'),
  inventory: z.string().describe('path of the inventory that names the hosts'),
  hosts: z.array(z.string()),
  started: z.string().describe('when, in ISO 8601'),
});

/** What `podstrap practice start` started. */
export const practiceHostsSchema = site;

/** What `podstrap practice list` tells. */
export const practiceHostsListSchema = z.strictObject({ items: z.array(site) });

/** What `podstrap practice stop` did. */
export const stoppedPracticeHostsSchema = z.strictObject({
  stopped: z.array(z.string()).describe('names of practice hosts that are gone, with their folder'),
});
