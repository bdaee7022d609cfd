import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { inventoryMirrors, practiceContent, startUpstream } from '../src/practice/upstream/upstream.js';
import { inventoryWith } from '../test/bundle/world.js';
import { output } from '../test/lab/command.js';
import { median } from './median.js';
import { stopwatch } from './stopwatch.js';
import { writeResults } from './write-results.js';

const megabytes = Number(process.env.BENCH_MEGABYTES ?? 1000);
const rounds = Number(process.env.BENCH_RUNS ?? 5);
const bin = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url));

type Runs = Record<'create' | 'tar' | 'verify' | 'signed' | 'sha256sum', number[]>;

test('a bundle, made from a warm cache and verified', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bench-'));
  try {
    const podstrap = await desk(directory);
    const bundle = join(directory, 'b.tar');
    await podstrap('create', '--out', bundle);
    await sign(directory, podstrap, bundle);
    // The very same content for tar: what is in the bundle, as files.
    const content = join(directory, 'content');
    await mkdir(content);
    await output('tar', ['-xf', bundle, '-C', content]);
    const runs: Runs = { create: [], tar: [], verify: [], signed: [], sha256sum: [] };
    const key = join(directory, 'key.pub');
    for (let round = 0; round < rounds; round++) {
      runs.tar.push(await timed(() => tarAndSync(content, join(directory, 'tar.tar'))));
      runs.create.push(await timed(() => podstrap('create', '--out', join(directory, 'again.tar'))));
      runs.sha256sum.push(await timed(() => output('sha256sum', [bundle])));
      runs.verify.push(await timed(() => podstrap('verify', bundle)));
      runs.signed.push(await timed(() => podstrap('verify', '--key', key, bundle)));
    }
    await report(runs, (await stat(bundle)).size);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

/** podstrap in a folder whose inventory's artifacts are this large in sum, with a cache that is warm after the first run. */
async function desk(directory: string) {
  const archs = ['amd64'] as const;
  const artifacts = 19;
  const padding = Math.round((megabytes * 2 ** 20) / artifacts);
  const upstream = await startUpstream(await practiceContent(inventoryWith({}), { padding, archs }));
  const inventory = {
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'bench' },
    spec: {
      kubernetesVersion: 'v1.36.3',
      hosts: [{ name: 'cp-1', address: '10.0.0.1', roles: ['control-plane'] }],
      artifacts: { ...inventoryMirrors(upstream.url), cacheDirectory: 'cache' },
    },
  };
  const file = join(directory, 'cluster.yaml');
  await writeFile(file, JSON.stringify(inventory));
  const podstrap = (...words: readonly string[]) =>
    output(process.execPath, [bin, 'bundle', ...words, '-f', file]);
  await podstrap('create', '--out', join(directory, 'again.tar'));
  await upstream.close();
  return podstrap;
}

async function sign(
  directory: string,
  podstrap: (...words: readonly string[]) => Promise<string>,
  bundle: string,
): Promise<void> {
  const openssl = (words: string) =>
    execFileSync('openssl', words.split(' '), { cwd: directory, stdio: 'pipe' });
  openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key');
  openssl('pkey -in key -pubout -out key.pub');
  await podstrap('sign', '--key', join(directory, 'key'), bundle);
}

/** podstrap's file is on the disk when it is done; tar's is, too. */
async function tarAndSync(content: string, out: string): Promise<void> {
  await rm(out, { force: true });
  await output('tar', ['-cf', out, '-C', content, '.']);
  await output('sync', [out]);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const seconds = stopwatch();
  await work();
  return seconds();
}

async function report(runs: Runs, bytes: number): Promise<void> {
  const { create, tar, verify, signed, sha256sum } = runs;
  const row = (name: string, of: readonly number[], yardstick: readonly number[]) => [
    name,
    `${median(of).toFixed(2)} s`,
    `${(bytes / 2 ** 20 / median(of)).toFixed(0)} MiB/s`,
    `${(median(yardstick) / median(of)).toFixed(2)} x`,
  ];
  const rows = [
    row('`tar c`, synced', tar, tar),
    row('`podstrap bundle create`, warm cache', create, tar),
    row('`sha256sum`', sha256sum, sha256sum),
    row('`podstrap bundle verify`', verify, sha256sum),
    row('`podstrap bundle verify --key`', signed, sha256sum),
  ];
  await writeResults({
    suite: 'bundle',
    about: `A bundle of ${(bytes / 2 ** 20).toFixed(0)} MiB, whole commands, the files in memory (median of ${rounds}; wanted: create at least 0.7 x the speed of tar, verify at least 0.8 x that of sha256sum).`,
    columns: ['', 'Time', 'Speed', 'Ratio'],
    rows,
    figures: {
      bytes,
      runs,
      medians: Object.fromEntries(Object.entries(runs).map(([name, values]) => [name, median(values)])),
      ratios: {
        create: median(tar) / median(create),
        verify: median(sha256sum) / median(verify),
        signed: median(sha256sum) / median(signed),
      },
    },
  });
}
