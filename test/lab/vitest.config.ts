import { defineConfig } from 'vitest/config';

const campaign = process.env.LAB_CAMPAIGN !== undefined;

/** Real hosts are few and slow: one file after another, and time enough for a machine with two cores. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/lab/*.e2e.ts', ...(campaign ? ['test/lab/*.campaign.ts'] : [])],
    env: campaign ? { LAB_KILLS: process.env.LAB_KILLS ?? '12' } : {},
    globalSetup: 'test/lab/global-setup.ts',
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
    bail: 1, // the tests of a file tell one story: after a failure the rest means nothing
    reporters: ['verbose'],
  },
});
