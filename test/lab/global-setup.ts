import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { directoryContent, inventoryMirrors, startUpstream } from '../../src/practice/upstream/upstream.js';
import { output, runCommand } from './command.js';
import { beside, settingsFrom } from './settings.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The `artifacts` block of inventories: mirrors that lead to the local upstream, and the run's own cache. */
    artifacts: Readonly<Record<string, unknown>>;
  }
}

/**
 * Builds what is not yet built and serves it under the paths of the real upstream places, so that every run goes the
 * way that a user online goes, from an empty cache.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { machines, home, bridge, subnet, kubernetesVersion, upgradesTo } = settingsFrom(process.env);
  // Only the campaign upgrades: the second version is another ten minutes of compiling.
  const versions =
    process.env.LAB_CAMPAIGN === undefined ? [kubernetesVersion] : [kubernetesVersion, upgradesTo];
  await output(beside('build'), versions, {
    environment: { LAB_HOME: home },
    onOutput: (text) => process.stderr.write(text),
  });
  const upstream = await startUpstream(await directoryContent({ dist: join(home, 'dist') }));
  const cache = await mkdtemp(join(tmpdir(), 'podstrap-e2e-cache-'));
  project.provide('artifacts', { ...inventoryMirrors(upstream.url), cacheDirectory: cache });
  return async () => {
    await upstream.close();
    await rm(cache, { recursive: true, force: true });
    // A test file that died could not tear its hosts down itself.
    await runCommand(beside(machines), ['down'], {
      environment: { LAB_HOME: home, LAB_BRIDGE: bridge, LAB_SUBNET: subnet },
    });
  };
}
