import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { binaryScript, imageScript } from '../../src/apply/blob-script.js';
import { sendArtifact } from '../../src/apply/send-artifact.js';
import { type Artifact, type Artifacts, type BinaryArtifact, blobsOf } from '../../src/bundle/artifact.js';
import { Failure } from '../../src/failure.js';
import { parseFiles, sections } from '../../src/observed/parse-probe.js';
import { detailScript, probeScript } from '../../src/observed/probe.js';
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

const bytes = Buffer.alloc(300_000, 'podstrap');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const kubelet: BinaryArtifact = {
  kind: 'binary',
  name: 'kubelet',
  version: 'v1.36.3',
  arch: 'amd64',
  path: '/usr/local/bin/kubelet',
  mode: 0o755,
  sha256,
  size: bytes.length,
};

/** Artifacts whose blobs, all in one file, are `contents` of the same order: not always what they should be. */
function artifactsOf(at: World, artifact: Artifact, contents: readonly Uint8Array[]): Artifacts {
  const file = join(at.own, 'content');
  writeFileSync(file, Buffer.concat(contents));
  const starts = new Map<string, number>();
  let start = 0;
  for (const [index, { sha256 }] of blobsOf(artifact).entries()) {
    starts.set(sha256, start);
    start += contents[index]!.length;
  }
  return { list: [artifact], place: (sha256) => ({ file, start: starts.get(sha256)! }) };
}

async function send(
  at: World,
  artifact: Artifact,
  ...contents: readonly Uint8Array[]
): Promise<{ sent: number; failure?: Failure }> {
  let sent = 0;
  const onSent = (count: number) => {
    sent = count;
  };
  try {
    await sendArtifact(at.transport, artifactsOf(at, artifact, contents), artifact, 'ours', onSent);
    return { sent };
  } catch (failure) {
    if (failure instanceof Failure) return { sent, failure };
    throw failure;
  }
}

describe('a binary', () => {
  test('takes its name once its digest is right, and is remembered for the next look', async () => {
    const at = world();
    expect(await send(at, kubelet, bytes)).toEqual({ sent: bytes.length });
    expect(at.mode(kubelet.path)).toBe(0o755);
    expect(createHash('sha256').update(at.read(kubelet.path)).digest('hex')).toBe(sha256);
    const probe = probeScript({
      files: [],
      hashes: [],
      sysctls: [],
      modules: [],
      units: [],
      etcdDataDir: '/x',
      etcdMarker: '/x',
    } as never);
    const all = sections((await at.transport.exec({ script: probe })).stdout);
    const known = parseFiles(at.root, all)[kubelet.path];
    expect(known).toMatchObject({ type: 'file', mode: 0o755, sha256, size: bytes.length });
  });

  test('that was changed afterwards is not taken for the one that was installed', async () => {
    const at = world();
    await send(at, kubelet, bytes);
    await at.transport.exec({ script: 'f="$R/usr/local/bin/kubelet"; echo more >>"$f"' });
    const probe = probeScript({
      files: [],
      hashes: [],
      sysctls: [],
      modules: [],
      units: [],
      etcdDataDir: '/x',
      etcdMarker: '/x',
    } as never);
    const seen = parseFiles(at.root, sections((await at.transport.exec({ script: probe })).stdout))[
      kubelet.path
    ];
    expect(seen!.sha256).toBeUndefined();
    const details = (await at.transport.exec({ script: detailScript([], [kubelet.path]) })).stdout;
    expect(parseFiles(at.root, sections(details))[kubelet.path]!.sha256).not.toBe(sha256);
  });

  test('is recorded once, however often it is sent', async () => {
    const at = world();
    await send(at, kubelet, bytes);
    await send(at, { ...kubelet, path: '/usr/local/bin/kubectl' }, bytes);
    await send(at, kubelet, bytes);
    const record = at.read('/var/lib/podstrap/binaries').trim().split('\n');
    expect(record.map((line) => line.split(' ').at(-1)).sort()).toEqual([
      '/usr/local/bin/kubectl',
      '/usr/local/bin/kubelet',
    ]);
  });

  test('with another digest leaves the old one, and nothing else', async () => {
    const at = world();
    at.write(kubelet.path, 'the old one', 0o755);
    const before = at.tree();
    const { failure } = await send(at, kubelet, bytes.subarray(1));
    expect(failure!.kind).toBe('apply');
    expect(failure!.doing).toBe('Sending /usr/local/bin/kubelet');
    expect(failure!.said).toContain(`wanted ${sha256}`);
    expect(failure!.next).toContain('damaged');
    expect(at.read(kubelet.path)).toBe('the old one');
    expect(at.tree()).toEqual(before);
    expect(at.list('/tmp')).toEqual([]);
  });

  test('that ends early, as when a connection breaks, leaves nothing', async () => {
    const at = world();
    const { failure } = await send(at, kubelet, bytes.subarray(0, 100_000));
    expect(failure).toBeDefined();
    expect(at.list('/usr/local/bin')).toEqual([]);
  });

  test('is refused while another run has the lock', async () => {
    const at = world();
    holdLock(at, 'theirs');
    const { failure } = await send(at, kubelet, bytes);
    expect(failure!.kind).toBe('locked');
    expect(at.list('/usr/local/bin')).toEqual([]);
  });

  test('may have any name', async () => {
    const at = world();
    const path = "/opt/it's a/bin dir/plug-in $1";
    expect((await send(at, { ...kubelet, path }, bytes)).failure).toBeUndefined();
    expect(at.list("/opt/it's a/bin dir")).toEqual(['plug-in $1']);
  });
});

describe('an image', () => {
  const { artifact: pause, blobs } = sampleImage('registry.k8s.io/pause:3.10');
  const withRuntime = (): World => {
    const at = world();
    at.write('/usr/local/bin/ctr', '', 0o755);
    at.write('/run/containerd/containerd.sock', '');
    return at;
  };
  const images = async (at: World) => (await at.transport.exec({ script: 'ctr -n k8s.io images ls' })).stdout;

  test('is imported under its name and pinned', async () => {
    const at = withRuntime();
    expect((await send(at, pause, ...blobs)).failure).toBeUndefined();
    const line = (await images(at))
      .split('\n')
      .find((text) => text.startsWith('registry.k8s.io/pause:3.10 '));
    expect(line).toContain(pause.digest);
    expect(line).toContain('io.cri-containerd.pinned=pinned');
  });

  test('that is another one than it should be does not stay under the name', async () => {
    const at = withRuntime();
    const { failure } = await send(at, { ...pause, digest: `sha256:${'0'.repeat(64)}` }, ...blobs);
    expect(failure!.kind).toBe('apply');
    expect(failure!.said).toContain('after the import registry.k8s.io/pause:3.10 is not sha256:0000');
    expect(await images(at)).not.toContain('registry.k8s.io/pause:3.10 ');
  });

  test('with a damaged layer is not imported', async () => {
    const at = withRuntime();
    const { failure } = await send(at, pause, ...blobs.slice(0, -1), Buffer.from('another'));
    expect(failure!.kind).toBe('apply');
    expect(await images(at)).not.toContain('pause');
  });

  test('cannot come where no containerd runs, and the report says what ctr said', async () => {
    const { failure } = await send(world(), pause, ...blobs);
    expect(failure!.said).toContain('ctr: not found');
  });
});

test('names of artifacts are words and never commands', () => {
  const hostile = '$(touch /tmp/x)`id`"; reboot; "';
  for (const script of [
    imageScript({ ref: hostile, digest: hostile }, hostile),
    binaryScript({ path: `/${hostile}`, mode: 0o755, sha256 }, hostile),
  ]) {
    const outsideQuotes = script.replace(/'[^']*'/g, '');
    expect(outsideQuotes).not.toContain('reboot');
    expect(outsideQuotes).not.toContain('/tmp/x');
  }
});
