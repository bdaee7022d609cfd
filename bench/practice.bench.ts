import { test } from 'vitest';
import type { Usage } from './measure-podstrap.js';
import { median } from './median.js';
import { onPracticeCluster } from './practice-ground.js';
import { type Stock, stockOf } from './stock.js';
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
