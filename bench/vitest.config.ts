import { defineConfig } from 'vitest/config';

/** Measurements, one after another: nothing else of ours may run beside them. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['bench/*.bench.ts'],
    fileParallelism: false,
    testTimeout: 2_700_000, // a thousand practice hosts on two cores take their time
    hookTimeout: 900_000,
    reporters: ['verbose'],
  },
});
