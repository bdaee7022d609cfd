import { defineConfig } from 'vitest/config';

/** Real hosts are few and slow: one file after another, and time for a machine with two cores. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [process.env.LAB_CAMPAIGN === undefined ? 'test/lab/*.e2e.ts' : 'test/lab/*.{e2e,campaign}.ts'],
    globalSetup: 'test/lab/global-setup.ts',
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 600_000,
    hookTimeout: 600_000,
    bail: 0,
    reporters: ['verbose'],
  },
});
