import { defineConfig } from 'vitest/config';

const campaign = process.env.LAB_CAMPAIGN !== undefined;
const emulated = process.env.LAB_MACHINES === 'vm';
const slowest = (emulated ? 60 : 15) * 60_000;

/** Real hosts are few and slow: one file after another, and time enough for a machine with two cores. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: emulated
      ? ['test/lab/*.vm.ts']
      : ['test/lab/*.e2e.ts', ...(campaign ? ['test/lab/*.campaign.ts'] : [])],
    env: campaign ? { LAB_KILLS: process.env.LAB_KILLS ?? '12' } : {},
    globalSetup: 'test/lab/global-setup.ts',
    fileParallelism: false,
    testTimeout: slowest,
    hookTimeout: slowest,
    bail: 1, // the tests of a file tell one story: after a failure the rest means nothing
    reporters: ['verbose'],
  },
});
