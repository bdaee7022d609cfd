import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dump, load } from 'js-yaml';
import { test } from 'vitest';
import { startPracticeCluster } from '../src/practice/practice-cluster.js';
import { measurePodstrap } from './measure-podstrap.js';
import { median } from './median.js';
import { writeResults } from './write-results.js';

const count = Number(process.env.BENCH_HOSTS ?? 30);
const rounds = Number(process.env.BENCH_RUNS ?? 1);
/** Files that hosts have to get, and what the operator's line carries: bytes, bytes per second. */
const files = 4;
const size = 4 << 20;
const rate = Number(process.env.BENCH_RATE ?? 2) << 20;

test('files for many hosts over a slow line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bench-'));
  // Started by root, practice hosts run as somebody who must be able to pass through.
  await chmod(directory, 0o711);
  const cluster = await startPracticeCluster({
    directory,
    controlPlanes: 1,
    workers: count - 1,
    kubernetesVersion: 'v1.36.3',
    spec: { encryptionAlgorithm: 'ECDSA-P256', timeouts: { watchAfterChange: '0s' } },
  });
  const up = () => measurePodstrap(directory, ['up', '--yes', '--max-upload', String(rate)]);
  try {
    await up();
    const runs: Record<'without' | 'relayed', number[]> = { without: [], relayed: [] };
    for (let round = 0; round < rounds; round++)
      for (const name of ['without', 'relayed'] as const) {
        await wantNewFiles(cluster.file, name === 'relayed');
        runs[name].push((await up()).wallSeconds);
      }
    await report(runs);
  } finally {
    await cluster.close();
    await rm(directory, { recursive: true, force: true });
  }
});

/** New content under the old names, so that every host lacks all of it. */
async function wantNewFiles(inventory: string, relay: boolean): Promise<void> {
  const document = load(await readFile(inventory, 'utf8')) as {
    spec: { artifacts: Record<string, unknown> };
  };
  const extraFiles = [];
  for (let number = 0; number < files; number++) {
    const source = `file-${number}`;
    await writeFile(join(dirname(inventory), source), randomBytes(size));
    extraFiles.push({ source, path: `/srv/${source}` });
  }
  document.spec.artifacts = { ...document.spec.artifacts, extraFiles, relay };
  await writeFile(inventory, dump(document));
}

async function report(runs: Readonly<Record<'without' | 'relayed', readonly number[]>>): Promise<void> {
  const [without, relayed] = [median(runs.without), median(runs.relayed)];
  const sent = (files * size * count) / 2 ** 20;
  await writeResults({
    suite: 'relay',
    about: `\`podstrap up\` that brings ${files} files of ${size / 2 ** 20} MiB to each of ${count} practice hosts, ${sent} MiB in all, with \`--max-upload\` of ${rate / 2 ** 20} MiB/s (median of ${rounds}).`,
    columns: ['', 'Measured', 'Ratio', 'Wanted'],
    rows: [
      ['every host fed by the operator', `${without.toFixed(1)} s`, '1.00 x', ''],
      [
        '`artifacts.relay: true`',
        `${relayed.toFixed(1)} s`,
        `${(relayed / without).toFixed(2)} x`,
        'at most 0.3 x',
      ],
    ],
    figures: {
      hosts: count,
      files,
      size,
      rate,
      runs,
      medians: { without, relayed },
      ratio: relayed / without,
    },
  });
}
