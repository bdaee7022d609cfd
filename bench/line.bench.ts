import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'vitest';
import { unmeasuredLine } from '../src/apply/transfer/line.js';
import { sendBlob } from '../src/apply/transfer/send-blobs.js';
import { openUplink } from '../src/apply/transfer/uplink.js';
import { packBinaries } from '../src/bundle/pack-binaries.js';
import type { Artifacts, BinaryArtifact } from '../src/desired/artifact.js';
import { connect } from '../src/transport/connect.js';
import type { Transport } from '../src/transport/transport.js';
import { settingsFrom } from '../test/lab/settings.js';
import { hostNamed, inventoryOf, optionsOf } from '../test/transport/inventory.js';
import { startSshd } from '../test/transport/sshd.js';
import { median } from './median.js';
import { stopwatch } from './stopwatch.js';
import { writeResults } from './write-results.js';

/** Bytes per second. */
const rate = Number(process.env.BENCH_RATE ?? 2 << 20);
const rounds = Number(process.env.BENCH_RUNS ?? 1);
const lockId = 'bench';

test('binaries on a slow line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bench-'));
  const artifacts = await realBinaries();
  const target = join(directory, 'root');
  const sshd = await startSshd({ environment: { PODSTRAP_ROOT: target } });
  const line = await slowLine(sshd.port);
  const open = async (port: number): Promise<Transport> => {
    const host = hostNamed('loopback', {
      ssh: { user: sshd.user, identityFile: sshd.identityFile, port, identitiesOnly: true, become: 'none' },
    });
    return connect(host, inventoryOf([host]), optionsOf({ acceptNewHostKeys: true }));
  };
  const seconds: Record<'slowPlain' | 'slow' | 'loopbackPlain' | 'loopback', number[]> = {
    slowPlain: [],
    slow: [],
    loopbackPlain: [],
    loopback: [],
  };
  try {
    for (const folder of ['var/lib/podstrap', 'tmp']) await mkdir(join(target, folder), { recursive: true });
    await writeFile(join(target, 'var/lib/podstrap/lock'), `${lockId} bench\n`);
    for (let round = 0; round < rounds; round++)
      for (const [port, plain, adaptive] of [
        [line.port, seconds.slowPlain, seconds.slow],
        [sshd.port, seconds.loopbackPlain, seconds.loopback],
      ] as const) {
        plain.push(await timed(open, port, artifacts, { packs: false }));
        adaptive.push(await timed(open, port, artifacts, unmeasuredLine()));
      }
    const packed = await packBinaries(artifacts, join(directory, 'cache'));
    await report(seconds, bytesOf(artifacts.list as BinaryArtifact[]), bytesOf([...packed.values()]));
  } finally {
    line.close();
    await sshd.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

/** What a control plane gets before it can start, as the lab has built it. */
async function realBinaries(): Promise<Artifacts> {
  const { home, kubernetesVersion } = settingsFrom(process.env);
  const dist = join(home, 'dist');
  const files = [
    `kubernetes-${kubernetesVersion}/kubelet`,
    `kubernetes-${kubernetesVersion}/kubectl`,
    'containerd-v2.3.7/containerd',
    'ctr-v2.3.7/ctr',
    'runc-v1.4.3/runc',
  ].map((name) => join(dist, name));
  const places = new Map<string, string>();
  const list: BinaryArtifact[] = [];
  for (const file of files) {
    const bytes = await readFile(file);
    const [name, sha256] = [basename(file), createHash('sha256').update(bytes).digest('hex')];
    places.set(sha256, file);
    const path = `/usr/local/bin/${name}`;
    list.push({
      kind: 'binary',
      name,
      version: 'v0',
      arch: 'amd64',
      path,
      mode: 0o755,
      sha256,
      size: bytes.length,
    });
  }
  return { list, place: (sha256) => ({ file: places.get(sha256)!, start: 0 }) };
}

async function timed(
  open: (port: number) => Promise<Transport>,
  port: number,
  artifacts: Artifacts,
  line: { packs: boolean | undefined },
): Promise<number> {
  const transport = await open(port);
  const uplink = openUplink(artifacts);
  const onSent = () => undefined;
  const seconds = stopwatch();
  for (const binary of artifacts.list as BinaryArtifact[])
    await sendBlob(
      { transport, uplink, line, lockId, what: binary.path, phase: 'binaries', onSent },
      binary,
      0,
    );
  const taken = seconds();
  await transport.exec({ script: 'rm -rf "$R/var/lib/podstrap/incoming"' });
  await uplink.close();
  await transport.close();
  return taken;
}

/** A way to a port of this machine that lets no more than `rate` through. */
async function slowLine(to: number): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const far = dial(to, '127.0.0.1');
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          client.destroy();
          far.destroy();
        });
    }
    far.pipe(client);
    void trickle(client, far);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function trickle(from: Socket, to: Socket): Promise<void> {
  const began = performance.now();
  let passed = 0;
  for await (const piece of from) {
    passed += (piece as Buffer).length;
    const early = (passed / rate) * 1000 - (performance.now() - began);
    if (early > 1) await delay(early);
    if (!to.write(piece as Buffer)) await new Promise((resolve) => to.once('drain', resolve));
  }
  to.end();
}

const bytesOf = (blobs: readonly { readonly size: number }[]): number =>
  blobs.reduce((sum, { size }) => sum + size, 0);

async function report(seconds: Readonly<Record<string, readonly number[]>>, plain: number, packed: number) {
  const of = (name: string) => median(seconds[name]!);
  const shown = (value: number) => `${value.toFixed(1)} s`;
  const pair = (what: string, name: string, most: string) => [
    what,
    shown(of(`${name}Plain`)),
    shown(of(name)),
    (of(name) / of(`${name}Plain`)).toFixed(2),
    most,
  ];
  await writeResults({
    suite: 'line',
    about: `The binaries of a control plane (${(plain / 2 ** 20).toFixed(0)} MiB), to an OpenSSH server: as they are, and as podstrap sends them.`,
    columns: ['', 'As they are', 'podstrap', 'Ratio', 'At most'],
    rows: [
      pair(`at ${(rate / 2 ** 20).toFixed(0)} MiB/s`, 'slow', '0.5'),
      pair('on loopback', 'loopback', '1'),
      [
        'in a bundle',
        `${(plain / 2 ** 20).toFixed(0)} MiB`,
        `${(packed / 2 ** 20).toFixed(0)} MiB`,
        (packed / plain).toFixed(2),
        '0.5',
      ],
    ],
    figures: { rate, seconds, plain, packed },
  });
}
