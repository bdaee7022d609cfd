import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'vitest';
import { type PracticeCluster, startPracticeCluster } from '../src/practice/practice-cluster.js';
import { measurePodstrap, type Usage } from './measure-podstrap.js';
import { median } from './median.js';
import { putStock, type Stock, stockOf } from './stock.js';
import { writeResults } from './write-results.js';

const sizes = (process.env.BENCH_HOSTS ?? '10,100,1000').split(',').map(Number);
const limits: Readonly<Record<number, string>> = { 100: '3 s CPU', 1000: '30 s CPU, 400 MB' };

interface Run extends Usage {
  readonly hosts: number;
}

test('up with nothing to do', async () => {
  const bootstraps: (Run & { readonly stocked: boolean })[] = [];
  const runs: Run[] = [];
  let stock: Stock | undefined;
  for (const hosts of sizes)
    await onPracticeCluster(hosts, stock, async (up, { site }) => {
      bootstraps.push({ hosts, stocked: stock !== undefined, ...(await up()) });
      stock ??= stockOf(site.hosts.at(-1)!.root);
      // The thousandth host says little that the first hundred do not say: one run is enough.
      for (let run = 0; run < (hosts < 1000 ? 3 : 1); run++) runs.push({ hosts, ...(await up()) });
    });
  const medians = sizes.map((hosts) => mediansOf(hosts, runs));
  await writeResults({
    suite: 'practice',
    about:
      '`podstrap up` with nothing to do on practice hosts (3 control planes, the rest workers): what its own process takes.',
    columns: ['Hosts', 'CPU', 'CPU per host', 'Memory', 'Wall time', 'At most'],
    rows: medians.map(({ hosts, cpuSeconds, rssMegabytes, wallSeconds }) => [
      String(hosts),
      `${cpuSeconds.toFixed(2)} s`,
      `${((cpuSeconds / hosts) * 1000).toFixed(1)} ms`,
      `${rssMegabytes.toFixed(0)} MB`,
      `${wallSeconds.toFixed(1)} s`,
      limits[hosts] ?? '',
    ]),
    figures: { medians, runs, bootstraps },
  });
});

function mediansOf(hosts: number, runs: readonly Run[]): Run {
  const of = (field: keyof Usage) =>
    median(runs.filter((run) => run.hosts === hosts).map((run) => run[field]));
  return {
    hosts,
    cpuSeconds: of('cpuSeconds'),
    rssMegabytes: of('rssMegabytes'),
    wallSeconds: of('wallSeconds'),
    hostsSeconds: of('hostsSeconds'),
  };
}

/** A directory in memory where there is room: hundreds of hosts that sync at once are otherwise a test of one disk. */
async function spacious(): Promise<string> {
  const { bavail, bsize } = await statfs('/dev/shm').catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > 4 * 2 ** 30 ? '/dev/shm' : tmpdir();
}

async function onPracticeCluster(
  hosts: number,
  stock: Stock | undefined,
  measure: (up: () => Promise<Usage>, cluster: PracticeCluster) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(await spacious(), 'podstrap-bench-'));
  // Started by root, practice hosts run as somebody who must be able to pass through.
  await chmod(directory, 0o711);
  const controlPlanes = Math.min(3, hosts);
  let cluster: PracticeCluster | undefined;
  try {
    cluster = await startPracticeCluster({
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
    const { file, site } = cluster;
    if (stock !== undefined) for (const { root } of site.hosts) putStock(root, stock);
    await measure(() => measurePodstrap(dirname(file), ['up', '--yes']), cluster);
  } finally {
    await cluster?.close();
    await rm(directory, { recursive: true, force: true });
  }
}
