import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Whole stories of things that go wrong, each with bootstraps of its own: minutes, not seconds. `npm run scenarios`. */
const scenarios = [
  'balancer',
  'boot',
  'canary',
  'addons',
  'certificates',
  'drift',
  'encryption',
  'etcd-user',
  'hardened',
  'grow',
  'interrupted',
  'living',
  'lone',
  'manifests',
  'matrix',
  'midway',
  'plan-file',
  'openssh',
  'order',
  'random',
  'renamed',
  'records',
  'reset',
  'restore',
  'rollback',
  'roles',
  'rolling',
  'round-trips',
  'selinux',
  'serving',
  'settled',
  'twins',
  'undo',
  'unseen',
  'upgrade',
  'fleet-pods',
  'static-pods',
  'virtual-address',
].map((name) => `test/failures/${name}.int.test.ts`);

export default defineConfig({
  test: {
    reporters: ['default', './test/programs/left-out-reporter.ts'],
    // vitest leaves one processor free; the tests that take long wait most of the time, and two processors are few.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.int.test.ts', 'test/**/*.release.test.ts', 'test/lab/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.int.test.ts'],
          exclude: ['test/lab/**', ...scenarios],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      // Of the files that `npm run release` makes.
      {
        test: {
          name: 'release',
          include: ['test/release/*.release.test.ts', 'test/examples/air-gap.int.test.ts'],
          env: { PODSTRAP_RELEASE: fileURLToPath(new URL('release', import.meta.url)) },
          testTimeout: 900_000,
          hookTimeout: 300_000,
        },
      },
      { test: { name: 'scenarios', include: scenarios, testTimeout: 600_000, hookTimeout: 300_000 } },
    ],
  },
});
