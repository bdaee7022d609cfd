import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { installScript } from '../src/apply/transfer/install-script.js';
import { unmeasuredLine } from '../src/apply/transfer/line.js';
import { sendBlob } from '../src/apply/transfer/send-blobs.js';
import { openUplink } from '../src/apply/transfer/uplink.js';
import type { Artifacts, BinaryArtifact } from '../src/desired/artifact.js';
import { connect } from '../src/transport/connect.js';
import type { Transport } from '../src/transport/transport.js';
import { output } from '../test/lab/command.js';
import { hostNamed, inventoryOf, optionsOf } from '../test/transport/inventory.js';
import { type Sshd, startSshd } from '../test/transport/sshd.js';
import { median } from './median.js';
import { stopwatch } from './stopwatch.js';
import { writeResults } from './write-results.js';

const megabytes = Number(process.env.BENCH_MEGABYTES ?? 500);
const rounds = Number(process.env.BENCH_RUNS ?? 3);
const lockId = 'bench';

interface Ground {
  readonly sshd: Sshd;
  readonly transport: Transport;
  readonly blob: string;
  readonly sha256: string;
  readonly target: string;
}

test('a blob, sent and verified', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bench-'));
  const target = join(directory, 'root');
  // The host is this machine: what it gets goes below a prefix, as on a practice host.
  const sshd = await startSshd({
    settings: ['Subsystem sftp internal-sftp'], // scp asks for it
    environment: { PODSTRAP_ROOT: target },
  });
  const { user, identityFile, port } = sshd;
  const host = hostNamed('loopback', {
    ssh: { user, identityFile, port, identitiesOnly: true, become: 'none' },
  });
  const transport = await connect(host, inventoryOf([host]), optionsOf({ acceptNewHostKeys: true }));
  try {
    const blob = join(directory, 'blob');
    const sha256 = await makeBlob(blob);
    await mkdir(join(target, 'var/lib/podstrap'), { recursive: true });
    await mkdir(join(target, 'tmp'), { recursive: true });
    await writeFile(join(target, 'var/lib/podstrap/lock'), `${lockId} bench\n`);
    const ground = { sshd, transport, blob, sha256, target };
    const podstrap: number[] = [];
    const scp: number[] = [];
    for (let round = 0; round < rounds; round++) {
      scp.push(await timed(() => withScp(ground)));
      podstrap.push(await timed(() => withPodstrap(ground)));
    }
    await report(podstrap, scp);
  } finally {
    await transport.close();
    await sshd.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

/** Random bytes, which no compression can shorten. @returns their SHA-256 in hex */
async function makeBlob(path: string): Promise<string> {
  const hash = createHash('sha256');
  const piece = randomBytes(2 ** 20);
  for (let written = 0; written < megabytes; written++) {
    piece.writeUInt32LE(written);
    hash.update(piece);
    await writeFile(path, piece, { flag: 'a' });
  }
  return hash.digest('hex');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const seconds = stopwatch();
  await work();
  return seconds();
}

async function withPodstrap({ transport, blob, sha256 }: Ground): Promise<void> {
  const artifact: BinaryArtifact = {
    kind: 'binary',
    name: 'blob',
    version: 'v0',
    arch: 'amd64',
    path: '/usr/local/bin/blob',
    mode: 0o755,
    sha256,
    size: megabytes * 2 ** 20,
  };
  const artifacts: Artifacts = { list: [artifact], place: () => ({ file: blob, start: 0 }) };
  const uplink = openUplink(artifacts);
  const onSent = () => undefined;
  const line = unmeasuredLine();
  await sendBlob({ transport, uplink, line, lockId, what: 'a blob', phase: 'binaries', onSent }, artifact, 0);
  await uplink.close();
  const { code, stderr } = await transport.exec({ script: installScript([artifact], lockId) });
  if (code !== 0) throw new Error(stderr);
}

async function withScp({ sshd, blob, sha256, target }: Ground): Promise<void> {
  const { user, port, identityFile } = sshd;
  const options = ['IdentitiesOnly=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
  const common = ['-q', '-F', 'none', '-i', identityFile, ...options.flatMap((option) => ['-o', option])];
  const copy = join(target, 'scp-blob');
  await output('scp', [...common, '-P', String(port), blob, `${user}@127.0.0.1:${copy}`]);
  const sum = await output('ssh', [...common, '-p', String(port), `${user}@127.0.0.1`, `sha256sum ${copy}`]);
  if (!sum.startsWith(sha256)) throw new Error(`scp brought other bytes: ${sum}`);
}

async function report(podstrap: readonly number[], scp: readonly number[]): Promise<void> {
  const [ours, theirs] = [median(podstrap), median(scp)];
  const row = (name: string, seconds: number) => [
    name,
    `${seconds.toFixed(2)} s`,
    `${(megabytes / seconds).toFixed(0)} MiB/s`,
    `${(theirs / seconds).toFixed(2)} x`,
  ];
  await writeResults({
    suite: 'transfer',
    about: `A blob of ${megabytes} MiB to an OpenSSH server on loopback, verified there (median of ${rounds}; wanted: at least 0.9 x the speed of scp and sha256sum).`,
    columns: ['', 'Time', 'Speed', 'Ratio'],
    rows: [row('`scp`, then `sha256sum`', theirs), row('podstrap', ours)],
    figures: {
      megabytes,
      runs: { podstrap, scp },
      medians: { podstrap: ours, scp: theirs },
      ratio: theirs / ours,
    },
  });
}
