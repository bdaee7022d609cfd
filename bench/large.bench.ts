import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { test } from 'vitest';
import { startPracticeCluster } from '../src/practice/practice-cluster.js';
import { measurePodstrap, type Usage } from './measure-podstrap.js';
import { writeResults } from './write-results.js';

const gigabytes = Number(process.env.BENCH_LARGE ?? 3);
const gigabyte = 1e9;
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';

test('memory with a bundle that is much larger than it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bench-'));
  // Started by root, practice hosts run as somebody who must be able to pass through.
  await chmod(directory, 0o711);
  const cluster = await startPracticeCluster({
    directory,
    controlPlanes: 1,
    kubernetesVersion: 'v1.36.3',
    spec: { encryptionAlgorithm: 'ECDSA-P256', timeouts: { watchAfterChange: '0s' } },
  });
  const podstrap = (...words: readonly string[]) => measurePodstrap(directory, words);
  try {
    await wantLargeFiles(cluster.file, directory);
    const made = await podstrap('bundle', 'create', '--arch', arch, '--out', 'large.tar');
    // Nothing is read from here on but the bundle, and there is room for what the host gets.
    await Promise.all(sources().map((source) => rm(join(directory, source))));
    await rm(join(directory, 'cache'), { recursive: true });
    const bytes = (await stat(join(directory, 'large.tar'))).size;
    await report(bytes, await podstrap('bundle', 'show', 'large.tar'), {
      'bundle create': made,
      'bundle verify': await podstrap('bundle', 'verify', 'large.tar'),
      'up --bundle': await podstrap('up', '--yes', '--bundle', 'large.tar'),
    });
  } finally {
    await cluster.close();
    await rm(directory, { recursive: true, force: true });
  }
});

/** Each of a gigabyte, and what is left. */
const sources = (): readonly string[] =>
  Array.from({ length: Math.ceil(gigabytes) }, (_, number) => `file-${number}`);

/** Files of random bytes, each other ones, for the host. */
async function wantLargeFiles(inventory: string, directory: string): Promise<void> {
  const document = load(await readFile(inventory, 'utf8')) as { spec: { artifacts: object } };
  const extraFiles = sources().map((source) => ({ source, path: `/srv/${source}` }));
  for (const [at, source] of sources().entries())
    await writeRandom(join(directory, source), Math.min(1, gigabytes - at) * gigabyte);
  document.spec.artifacts = { ...document.spec.artifacts, extraFiles };
  await writeFile(inventory, dump(document));
}

async function writeRandom(path: string, size: number): Promise<void> {
  const file = await open(path, 'w');
  const piece = randomBytes(4 << 20);
  for (let left = size; left > 0; left -= piece.length) {
    piece.writeDoubleLE(left);
    piece.set(randomBytes(32), 8);
    await file.write(piece, 0, Math.min(left, piece.length));
  }
  await file.close();
}

async function report(bytes: number, idle: Usage, runs: Readonly<Record<string, Usage>>): Promise<void> {
  const megabytes = (usage: Usage) => `${usage.rssMegabytes.toFixed(0)} MB`;
  const row = ([name, usage]: readonly [string, Usage]) => [
    `\`podstrap ${name}\``,
    `${usage.wallSeconds.toFixed(1)} s`,
    megabytes(usage),
    `${(usage.rssMegabytes - idle.rssMegabytes).toFixed(0)} MB`,
    'at most 200 MB',
  ];
  await writeResults({
    suite: 'large',
    about: `A bundle of ${(bytes / gigabyte).toFixed(1)} GB, most of it in files of 1 GB of random bytes; \`up\` brings it to one practice host (one run).`,
    columns: ['', 'Time', 'Most memory resident', 'Above idle', 'Wanted'],
    rows: [
      ['idle: `podstrap bundle show`', `${idle.wallSeconds.toFixed(1)} s`, megabytes(idle), '', ''],
      ...Object.entries(runs).map(row),
    ],
    figures: { bytes, idle, runs },
  });
}
