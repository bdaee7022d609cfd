import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PracticeCluster, startPracticeCluster } from '../src/practice/practice-cluster.js';
import { type Environment, measurePodstrap, type Usage } from './measure-podstrap.js';
import { putStock, type Stock } from './stock.js';

/** A directory in memory where there is room: hundreds of hosts that sync at once are otherwise a test of one disk. */
async function spacious(): Promise<string> {
  const { bavail, bsize } = await statfs('/dev/shm').catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > 4 * 2 ** 30 ? '/dev/shm' : tmpdir();
}

/** Works in a directory where practice hosts can be, which is gone afterwards. */
export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(await spacious(), 'podstrap-bench-'));
  try {
    // Started by root, practice hosts run as somebody who must be able to pass through.
    await chmod(directory, 0o711);
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Measures on a practice cluster, which is gone afterwards. `up` runs the built podstrap in a process of its own. */
export const onPracticeCluster = (
  hosts: number,
  stock: Stock | undefined,
  measure: (up: (environment?: Environment) => Promise<Usage>, cluster: PracticeCluster) => Promise<void>,
): Promise<void> =>
  inDirectory(async (directory) => {
    const controlPlanes = Math.min(3, hosts);
    const cluster = await startPracticeCluster({
      directory: join(directory, 'practice'),
      controlPlanes,
      workers: hosts - controlPlanes,
      kubernetesVersion: 'v1.36.3',
      commandsAtOnce: 32,
      spec: {
        encryptionAlgorithm: 'ECDSA-P256',
        timeouts: { watchAfterChange: '0s' },
        // A route to every other host on each of a thousand would be a million for one machine.
        ...(hosts <= 250 ? {} : { networking: { plugin: 'none' } }),
      },
    });
    try {
      const { file, site } = cluster;
      if (stock !== undefined) for (const { root } of site.hosts) putStock(root, stock);
      await measure(
        (environment) => measurePodstrap(dirname(file), ['up', '--yes'], undefined, environment),
        cluster,
      );
    } finally {
      await cluster.close();
    }
  });
