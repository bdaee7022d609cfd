import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Crew } from '../../src/apply/crew.js';
import { importScript } from '../../src/apply/transfer/import-script.js';
import { installScript } from '../../src/apply/transfer/install-script.js';
import { tidyScript } from '../../src/apply/transfer/receive-script.js';
import { takeTransfers } from '../../src/apply/transfer/transfers.js';
import { openUplink } from '../../src/apply/transfer/uplink.js';
import { type Artifact, type Artifacts, type BinaryArtifact, blobsOf } from '../../src/desired/artifact.js';
import type { RunEvent } from '../../src/events.js';
import { Failure } from '../../src/failure.js';
import type { HostFacts } from '../../src/observed/facts.js';
import { probeScript } from '../../src/observed/probe/probe.js';
import type { Step } from '../../src/plan/step.js';
import type { Exec } from '../../src/transport/transport.js';
import { factsFrom } from '../observed/facts-from.js';
import { sampleImage } from './sample-image.js';
import { holdLock, makeWorld, type World } from './world.js';

const worlds: World[] = [];
const world = (): World => {
  const made = makeWorld('cp-1');
  worlds.push(made);
  holdLock(made);
  return made;
};
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.dispose();
});

const incoming = '/var/lib/podstrap/incoming';
const sha256Of = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const bytes = Buffer.alloc(3_000_000, 'podstrap');
const binary = (content: Uint8Array, path = '/usr/local/bin/kubelet'): BinaryArtifact => ({
  kind: 'binary',
  name: 'kubelet',
  version: 'v1.36.3',
  arch: 'amd64',
  path,
  mode: 0o755,
  sha256: sha256Of(content),
  size: content.length,
});
const kubelet = binary(bytes);

/** Artifacts with these contents, blob by blob: not always what they should be. */
function artifactsOf(at: World, pairs: readonly (readonly [Artifact, readonly Uint8Array[]])[]): Artifacts {
  for (const [artifact, contents] of pairs)
    for (const [index, { sha256 }] of blobsOf(artifact).entries())
      writeFileSync(join(at.own, sha256), contents[index]!);
  return {
    list: pairs.map(([artifact]) => artifact),
    place: (sha256) => ({ file: join(at.own, sha256), start: 0 }),
  };
}

const stepOf = (artifact: Artifact): Step =>
  artifact.kind === 'binary'
    ? {
        host: 'cp-1',
        phase: 'binaries',
        action: {
          do: 'install-binary',
          path: artifact.path,
          mode: artifact.mode,
          sha256: artifact.sha256,
          size: artifact.size,
        },
        reason: 'a test',
      }
    : {
        host: 'cp-1',
        phase: 'images',
        action: { do: 'import-image', ref: artifact.ref, digest: artifact.digest, size: artifact.size },
        reason: 'a test',
      };

async function look(at: World): Promise<HostFacts> {
  const request = { files: [], hashes: [], sysctls: [], modules: [], units: {}, etcdDataDir: '/x' };
  return factsFrom(at.transport, probeScript(request), 0);
}

interface Sent {
  /** Bytes of standard input of all scripts. */
  readonly bytes: number;
  readonly scripts: number;
  readonly events: readonly RunEvent[];
  readonly failure: Failure | undefined;
}

/** @param breakAfter bytes of one script's input after which it ends, as when a connection breaks */
async function send(
  at: World,
  pairs: readonly (readonly [Artifact, readonly Uint8Array[]])[],
  breakAfter = Infinity,
): Promise<Sent> {
  const artifacts = artifactsOf(at, pairs);
  const events: RunEvent[] = [];
  const never = new AbortController().signal;
  const sent = { bytes: 0, scripts: 0 };
  async function* watched(stdin: AsyncIterable<Uint8Array>) {
    let left = breakAfter;
    for await (const piece of stdin) {
      yield piece.subarray(0, left);
      sent.bytes += Math.min(left, piece.length);
      left -= piece.length;
      if (left <= 0) return;
    }
  }
  const exec = (request: Exec) => {
    sent.scripts++;
    return at.transport.exec({ ...request, ...(request.stdin ? { stdin: watched(request.stdin) } : {}) });
  };
  const uplink = openUplink(artifacts);
  const crew = {
    session: { stop: never, abort: never, emit: (event: RunEvent) => events.push(event) },
    transports: new Map([['cp-1', { ...at.transport, exec }]]),
    artifacts,
    uplink,
    facts: new Map([['cp-1', await look(at)]]),
    lock: { id: 'ours', letGo: () => undefined },
  } as unknown as Crew;
  try {
    await takeTransfers(
      crew,
      'cp-1',
      pairs.map(([artifact]) => stepOf(artifact)),
    );
    return { ...sent, events, failure: undefined };
  } catch (failure) {
    if (failure instanceof Failure) return { ...sent, events, failure };
    throw failure;
  } finally {
    await uplink.close();
  }
}

const sendKubelet = (at: World, content: Uint8Array = bytes, breakAfter?: number) =>
  send(at, [[kubelet, [content]]], breakAfter);

describe('a binary', () => {
  test('takes its name once its digest is right, and is remembered for the next look', async () => {
    const at = world();
    const { failure, events } = await sendKubelet(at);
    expect(failure).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ event: 'step', step: 'install /usr/local/bin/kubelet (3.0 MB)' });
    expect(events.findLast(({ event }) => event === 'transfer')).toMatchObject({
      sent: bytes.length,
      total: bytes.length,
    });
    expect(at.mode(kubelet.path)).toBe(0o755);
    expect((await look(at)).files[kubelet.path]).toMatchObject({
      type: 'file',
      mode: 0o755,
      sha256: kubelet.sha256,
    });
    expect(at.list(incoming)).toEqual([]);
  });

  test('that was changed afterwards is not taken for the one that was installed', async () => {
    const at = world();
    await sendKubelet(at);
    await at.transport.exec({ script: 'f="$R/usr/local/bin/kubelet"; echo more >>"$f"' });
    expect((await look(at)).files[kubelet.path]!.sha256).toBeUndefined();
  });

  test('is recorded once, however often it is sent', async () => {
    const at = world();
    const again = { ...kubelet, path: '/usr/local/bin/kube let' };
    await sendKubelet(at);
    await send(at, [
      [again, [bytes]],
      [kubelet, [bytes]],
    ]);
    const record = at.read('/var/lib/podstrap/binaries').trim().split('\n');
    expect(record.map((line) => line.split(' ').slice(4).join(' '))).toEqual([again.path, kubelet.path]);
    expect(at.read(again.path)).toBe(at.read(kubelet.path));
  });

  test('with another digest leaves the old one, and nothing else', async () => {
    const at = world();
    at.write(kubelet.path, 'the old one', 0o755);
    const { failure } = await sendKubelet(at, Buffer.alloc(bytes.length, 'other'));
    expect(failure!.kind).toBe('apply');
    expect(failure!.doing).toBe('Sending /usr/local/bin/kubelet');
    expect(failure!.said).toContain(`wanted ${kubelet.sha256}`);
    expect(failure!.next).toContain('damaged');
    expect(at.read(kubelet.path)).toBe('the old one');
    expect(at.list(incoming)).toEqual([]);
    expect(at.list('/tmp')).toEqual([]);
  });

  test('that breaks off goes on where it stopped, and never has its name before it is whole', async () => {
    const at = world();
    const first = await sendKubelet(at, bytes, 1_700_000);
    expect(first.failure!.said).toContain(`1700000 of ${bytes.length} bytes came`);
    expect(at.list('/usr/local/bin')).toEqual([]);
    expect(at.list(incoming)).toEqual([`${kubelet.sha256}.part`]);
    const second = await sendKubelet(at);
    expect(second.failure).toBeUndefined();
    expect(second.bytes).toBe(bytes.length - 1_700_000);
    expect(sha256Of(at.read(kubelet.path))).toBe(kubelet.sha256);
    expect(at.list(incoming)).toEqual([]);
  });

  test('whose beginning was damaged meanwhile is sent whole', async () => {
    const at = world();
    await sendKubelet(at, bytes, 1_700_000);
    at.write(`${incoming}/${kubelet.sha256}.part`, 'x'.repeat(1_700_000));
    const { failure, bytes: sent } = await sendKubelet(at);
    expect(failure).toBeUndefined();
    expect(sent).toBe(bytes.length - 1_700_000 + bytes.length);
    expect(sha256Of(at.read(kubelet.path))).toBe(kubelet.sha256);
  });

  test('that had arrived when an earlier run ended is hashed again, and not sent', async () => {
    const at = world();
    at.write(`${incoming}/${kubelet.sha256}`, bytes.toString());
    expect(await sendKubelet(at)).toMatchObject({ failure: undefined, bytes: 0 });
    at.write(`${incoming}/${kubelet.sha256}`, bytes.toString());
    truncateSync(join(at.root, incoming, kubelet.sha256), 7);
    expect(await sendKubelet(at)).toMatchObject({ failure: undefined, bytes: bytes.length - 7 });
    expect(sha256Of(at.read(kubelet.path))).toBe(kubelet.sha256);
  });

  test('is refused while another run has the lock', async () => {
    const at = world();
    holdLock(at, 'theirs');
    const { failure } = await sendKubelet(at);
    expect(failure!.kind).toBe('locked');
    expect(at.list('/usr/local/bin')).toEqual([]);
  });

  test('may have any name', async () => {
    const at = world();
    const path = "/opt/it's a/bin dir/plug-in 100% $1";
    expect((await send(at, [[{ ...kubelet, path }, [bytes]]])).failure).toBeUndefined();
    expect(at.list("/opt/it's a/bin dir")).toEqual(['plug-in 100% $1']);
    expect(at.read('/var/lib/podstrap/binaries').trimEnd().endsWith(` ${path}`)).toBe(true);
  });
});

test('many small ones travel together, and what nobody wants any more is removed', async () => {
  const at = world();
  at.write(`${incoming}/${'e'.repeat(64)}.part`, 'of an older version');
  const plugins = ['bridge', 'loopback', 'portmap', 'ptp'].map((name) => {
    const content = Buffer.from(`this is ${name}`);
    return [binary(content, `/opt/cni/bin/${name}`), [content]] as const;
  });
  const { failure, scripts, events } = await send(at, plugins);
  expect(failure).toBeUndefined();
  expect(scripts).toBe(3);
  expect(at.list('/opt/cni/bin')).toEqual(['bridge', 'loopback', 'portmap', 'ptp']);
  expect(events.filter(({ event }) => event === 'step')).toHaveLength(4);
  expect(at.list(incoming)).toEqual([]);
});

describe('an image', () => {
  const layer = Buffer.alloc(1_000_000, 'a layer of both');
  const pause = sampleImage('registry.k8s.io/pause:3.10', [layer]);
  const other = sampleImage('registry.k8s.io/etcd:3.6', [layer, Buffer.alloc(600_000, 'its own')]);
  const withRuntime = (): World => {
    const at = world();
    at.write('/usr/local/bin/ctr', '', 0o755);
    at.write('/run/containerd/containerd.sock', '');
    return at;
  };
  const pairOf = ({ artifact, blobs }: typeof pause) => [artifact, blobs] as const;

  test('is imported under its name and pinned, and its content is there', async () => {
    const at = withRuntime();
    expect((await send(at, [pairOf(pause)])).failure).toBeUndefined();
    const { images, content } = await look(at);
    expect(images).toContainEqual({ ref: pause.artifact.ref, digest: pause.artifact.digest, pinned: true });
    expect([...content].sort()).toEqual(pause.artifact.blobs.map(({ sha256 }) => sha256).sort());
    expect(at.list(incoming)).toEqual([]);
  });

  test('brings only what containerd lacks', async () => {
    const at = withRuntime();
    await send(at, [pairOf(pause)]);
    const { failure, bytes: sent } = await send(at, [pairOf(other)]);
    expect(failure).toBeUndefined();
    expect(sent).toBeGreaterThan(600_000);
    expect(sent).toBeLessThan(700_000);
    expect((await look(at)).images.map(({ ref }) => ref)).toContain(other.artifact.ref);
  });

  test('shares its layers with the others of a run', async () => {
    const at = withRuntime();
    const { failure, bytes: sent } = await send(at, [pairOf(pause), pairOf(other)]);
    expect(failure).toBeUndefined();
    expect(sent).toBeLessThan(1_700_000);
    expect((await look(at)).images.filter(({ pinned }) => pinned)).toHaveLength(2);
    expect(at.list(incoming)).toEqual([]);
  });

  test('of which a layer is gone gets that layer back', async () => {
    const at = withRuntime();
    await send(at, [pairOf(other)]);
    const gone = other.artifact.blobs.at(-1)!.sha256;
    await at.transport.exec({ script: `ctr -n k8s.io content rm sha256:${gone}` });
    expect((await look(at)).content).not.toContain(gone);
    const { bytes: sent } = await send(at, [pairOf(other)]);
    expect(sent).toBe(600_000);
    expect((await look(at)).content).toContain(gone);
  });

  test('that is another one than it should be does not stay under the name', async () => {
    const at = withRuntime();
    const wrong = { ...pause.artifact, digest: other.artifact.digest };
    const { failure } = await send(at, [[wrong, pause.blobs]]);
    expect(failure!.kind).toBe('apply');
    expect((await look(at)).images.map(({ ref }) => ref)).not.toContain(pause.artifact.ref);
  });

  test('with a damaged layer is not imported', async () => {
    const at = withRuntime();
    const damaged = [...pause.blobs.slice(0, -1), Buffer.alloc(layer.length, 'x')];
    const { failure } = await send(at, [[pause.artifact, damaged]]);
    expect(failure!.said).toContain(`wanted ${sha256Of(layer)}`);
    expect(failure!.next).toContain('damaged');
    expect((await look(at)).images).toEqual([]);
    expect(at.list(incoming)).not.toContain(sha256Of(layer));
    expect((await send(at, [pairOf(pause)])).failure).toBeUndefined();
    expect((await look(at)).images.map(({ ref }) => ref)).toContain(pause.artifact.ref);
  });

  test('whose layer broke off is hashed before it is imported', async () => {
    const at = withRuntime();
    const first = await send(at, [pairOf(pause)], 700_000);
    expect(first.failure!.said).toContain('700000 of 1000000 bytes came');
    at.write(`${incoming}/${sha256Of(layer)}.part`, 'x'.repeat(700_000));
    const second = await send(at, [pairOf(pause)]);
    expect(second.failure).toBeUndefined();
    expect(second.bytes).toBe(300_000 + layer.length);
    expect((await look(at)).images.map(({ ref }) => ref)).toContain(pause.artifact.ref);
  });

  test('cannot come where no containerd runs, and the report says what ctr said', async () => {
    const { failure } = await send(world(), [pairOf(pause)]);
    expect(failure!.said).toContain('ctr: not found');
  });
});

test('names of artifacts are words and never commands', () => {
  const hostile = '$(touch /tmp/x)`id`"; reboot; "';
  const { artifact } = sampleImage(hostile);
  for (const script of [
    importScript(artifact, hostile, []),
    installScript([{ path: `/${hostile}`, mode: 0o755, sha256: kubelet.sha256 }], hostile),
    tidyScript([hostile], hostile),
  ]) {
    const outsideQuotes = script.replace(/'[^']*'/g, '');
    expect(outsideQuotes).not.toContain('reboot');
    expect(outsideQuotes).not.toContain('/tmp/x');
  }
});
