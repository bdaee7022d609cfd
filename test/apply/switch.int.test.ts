import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, describe, expect, test } from 'vitest';
import { parseReplaced } from '../../src/apply/replaced.js';
import { movesOf, switchScript } from '../../src/apply/switch-script.js';
import { render } from '../../src/desired/templates.js';
import { digestOf } from '../../src/plan/digest.js';
import { context, holdLock, makeWorld, type World } from './world.js';

const all = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
const manifests = '/etc/kubernetes/manifests';
const staging = '/etc/kubernetes/.podstrap';
const manifest = (pod: string, revision: string): string =>
  `metadata:\n  name: ${pod}\n  labels:\n    podstrap.io/revision: "${revision}"\n`;
const old = 'aaaaaaaaaaaa';
const fresh = 'bbbbbbbbbbbb';

/** A host whose four pods run; `tend` does what a kubelet does, `stop` ends that. */
interface Node {
  readonly world: World;
  stop(): Promise<void>;
  /** True as long as every pod's manifest was to be found somewhere at every look. */
  kept(): boolean;
  /** Names that were ever seen among the manifests. */
  readonly seen: ReadonlySet<string>;
  /** Calls each time that it looks and something lies elsewhere than before. */
  onChange(listen: () => void): void;
}

const open: Node[] = [];
afterAll(async () => {
  for (const node of open.splice(0)) {
    await node.stop();
    await node.world.dispose();
  }
});

function makeNode(): Node {
  const world = makeWorld();
  holdLock(world);
  world.write('/usr/local/bin/ctr', '', 0o755);
  world.write('/run/containerd/containerd.sock', '');
  for (const pod of all) world.write(`${manifests}/${pod}.yaml`, manifest(pod, old), 0o600);
  const seen = new Set<string>();
  let running = true;
  let lost = false;
  let state = '';
  let listener: () => void = () => undefined;
  const look = (): void => {
    const before = world.list(manifests);
    const parked = world.list(`${staging}/parked`);
    const after = world.list(manifests);
    for (const name of [...before, ...after]) seen.add(name);
    const known = new Set([...before, ...parked, ...after]);
    if (!all.every((pod) => known.has(`${pod}.yaml`))) lost = true;
    const now = `${after} ${parked} ${after.map((name) => revisionIn(world, name))}`;
    if (now === state) return;
    state = now;
    listener();
  };
  const tending = (async () => {
    while (running) {
      look();
      for (const pod of all) tend(world, pod);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const node: Node = {
    world,
    seen,
    kept: () => !lost,
    onChange: (listen) => {
      listener = listen;
    },
    stop: async () => {
      running = false;
      await tending;
    },
  };
  for (const pod of all) tend(world, pod);
  open.push(node);
  return node;
}

/** The manifest's revision; undefined where it has just gone. */
function revisionIn(world: World, name: string): string | undefined {
  try {
    return /revision: "(\w+)"/.exec(readFileSync(join(world.root, manifests, name), 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** What the kubelet does about one pod: it runs what the manifest says, and lets go of what has none. */
function tend(world: World, pod: string): void {
  const revision = revisionIn(world, `${pod}.yaml`);
  const uid = `${pod}-${revision}`;
  for (const other of [old, fresh])
    if (other !== revision) {
      rmSync(join(world.root, `var/lib/kubelet/pods/${pod}-${other}`), { recursive: true, force: true });
      rmSync(join(world.root, `var/lib/containerd/practice/containers/${pod}-${other}`), { force: true });
    }
  if (revision === undefined || world.exists(`/var/lib/kubelet/pods/${uid}`)) return;
  mkdirSync(join(world.root, 'var/lib/kubelet/pods', uid), { recursive: true });
  mkdirSync(join(world.root, `var/log/pods/kube-system_${pod}-cp-1_${uid}`), { recursive: true });
  mkdirSync(join(world.root, 'var/lib/containerd/practice/containers'), { recursive: true });
  writeFileSync(
    join(world.root, 'var/lib/containerd/practice/containers', uid),
    `pause\npodstrap.io/revision=${revision}\nio.cri-containerd.kind=sandbox\n`,
  );
}

function start(world: World, pods: readonly string[]) {
  const sources = pods.map((pod) => ({
    pod,
    path: `${manifests}/${pod}.yaml`,
    mode: 0o600,
    sha256: digestOf(manifest(pod, fresh)),
    from: 'sent' as const,
  }));
  const { script, contents } = switchScript(sources, true, context);
  const tar = pack();
  for (const pod of pods)
    tar.entry({ name: digestOf(manifest(pod, fresh)), mode: 0o600 }, manifest(pod, fresh));
  tar.finalize();
  expect(contents).toHaveLength(pods.length);
  return world.transport.exec({ script, stdin: tar as AsyncIterable<Uint8Array> });
}

const revisions = (world: World): Record<string, string | undefined> =>
  Object.fromEntries(all.map((pod) => [pod, revisionIn(world, `${pod}.yaml`)]));
const unchanged = Object.fromEntries(all.map((pod) => [pod, old]));

describe('the order of moves', () => {
  test.each<readonly [string, readonly string[], readonly string[]]>([
    [
      'one that is no server',
      ['kube-scheduler'],
      ['park kube-scheduler', 'gone kube-scheduler', 'land kube-scheduler'],
    ],
    [
      'two that are no servers go together',
      ['kube-controller-manager', 'kube-scheduler'],
      [
        'park kube-controller-manager',
        'park kube-scheduler',
        'gone kube-controller-manager',
        'land kube-controller-manager',
        'gone kube-scheduler',
        'land kube-scheduler',
      ],
    ],
    [
      'the API server',
      ['kube-apiserver'],
      ['park kube-apiserver', 'gone kube-apiserver', 'land kube-apiserver'],
    ],
    [
      'etcd: the API server is away meanwhile, and comes back as it was',
      ['etcd'],
      [
        'park kube-apiserver',
        'gone kube-apiserver',
        'park etcd',
        'gone etcd',
        'land etcd',
        'back kube-apiserver',
      ],
    ],
    [
      'all: they end together, the API server comes back as soon as etcd has',
      all,
      [
        'park kube-controller-manager',
        'park kube-scheduler',
        'park kube-apiserver',
        'gone kube-apiserver',
        'park etcd',
        'gone etcd',
        'land etcd',
        'land kube-apiserver',
        'gone kube-controller-manager',
        'land kube-controller-manager',
        'gone kube-scheduler',
        'land kube-scheduler',
      ],
    ],
  ])('%s, and at the end each is seen to run', (_name, pods, moves) => {
    const runs = pods.map((pod) => `runs ${pod}`);
    expect(movesOf(pods).map((move) => move.join(' '))).toEqual([...moves, ...runs]);
  });
});

test.concurrent.each([[['kube-scheduler']], [['etcd']], [[...all]]])('switching %j', async (pods) => {
  const node = makeNode();
  const { code, stderr } = await start(node.world, pods);
  expect([code, stderr]).toEqual([0, '']);
  await node.stop();
  const wanted = { ...unchanged, ...Object.fromEntries(pods.map((pod) => [pod, fresh])) };
  expect(revisions(node.world)).toEqual(wanted);
  expect(node.world.mode(`${manifests}/${pods[0]}.yaml`)).toBe(0o600);
  expect(node.kept()).toBe(true);
  expect([...node.seen].sort()).toEqual(all.map((pod) => `${pod}.yaml`).sort());
  expect(node.world.list(`${staging}/parked`)).toEqual([]);
  expect(node.world.list(staging)).toEqual(['parked']);
  const was = parseReplaced(node.world.read('/var/lib/podstrap/replaced'));
  expect(was.map((one) => 'path' in one && one.path)).toEqual(pods.map((pod) => `${manifests}/${pod}.yaml`));
  const [first] = was;
  if (first?.was !== 'file') throw new Error('the old manifest is not in the record');
  expect(node.world.read(`/var/lib/podstrap/store/${first.sha256}`)).toBe(manifest(pods[0]!, old));
  const applied = node.world.read('/var/lib/podstrap/applied').trimEnd().split('\n').sort();
  expect(applied).toEqual(
    pods.map((pod) => `${digestOf(manifest(pod, fresh))} ${manifests}/${pod}.yaml`).sort(),
  );
});

test.concurrent('while another run has the lock nothing is touched', async () => {
  const node = makeNode();
  holdLock(node.world, 'theirs');
  const { code, stdout } = await start(node.world, ['etcd']);
  expect([code, stdout.trim()]).toEqual([75, '@locked theirs']);
  expect(revisions(node.world)).toEqual(unchanged);
});

const parked = (pod: string) => (world: World) => world.exists(`${staging}/parked/${pod}.yaml`);
const landed = (pod: string) => (world: World) => revisionIn(world, `${pod}.yaml`) === fresh;
const parking = ['kube-controller-manager', 'kube-scheduler', 'kube-apiserver', 'etcd'];
const landing = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

test.concurrent.each([
  ...parking.map((pod) => [`${pod} is parked`, parked(pod)] as const),
  ...landing.map((pod) => [`${pod} has landed`, landed(pod)] as const),
])('killed when %s: the next boot brings every manifest back, and once more ends it', async (_name, when) => {
  const node = makeNode();
  const { world } = node;
  const unit = join(world.root, 'run/practice/units/podstrap-switch.service');
  let killed = false;
  node.onChange(() => {
    if (killed || !when(world)) return;
    const [, , pid] = readFileSync(unit, 'utf8').split(' ');
    killed = true;
    process.kill(-Number(pid), 'SIGKILL');
  });
  await start(world, all);
  expect(killed).toBe(true);
  expect(node.kept()).toBe(true);
  rmSync(unit, { force: true });

  await boot(world);
  expect(Object.values(revisions(world)).every((revision) => revision === old || revision === fresh)).toBe(
    true,
  );
  expect(world.list(`${staging}/parked`)).toEqual([]);

  await start(world, all);
  await node.stop();
  expect(revisions(world)).toEqual(Object.fromEntries(all.map((pod) => [pod, fresh])));
  expect(node.kept()).toBe(true);
  expect(world.list(`${staging}/parked`)).toEqual([]);
});

/** What the kubelet's unit does at a boot before the kubelet starts. */
async function boot(world: World): Promise<void> {
  const unit = render('kubelet.service', { environment: [], flags: [] });
  world.write('/etc/systemd/system/kubelet.service', unit);
  world.write('/usr/local/bin/kubelet', '', 0o755);
  const { code, stderr } = await world.transport.exec({ script: 'systemctl start kubelet.service' });
  expect([code, stderr]).toEqual([0, '']);
}

test.concurrent('asked to stop, it puts back what it had parked', async () => {
  const node = makeNode();
  const { world } = node;
  const unit = join(world.root, 'run/practice/units/podstrap-switch.service');
  let asked = false;
  node.onChange(() => {
    if (asked || !world.exists(`${staging}/parked/kube-apiserver.yaml`)) return;
    asked = true;
    process.kill(-Number(readFileSync(unit, 'utf8').split(' ')[2]), 'SIGTERM');
  });
  const { code } = await start(world, ['kube-apiserver']);
  await node.stop();
  expect(asked).toBe(true);
  expect(code).not.toBe(0);
  expect(revisions(world)).toEqual(unchanged);
  expect(world.list(`${staging}/parked`)).toEqual([]);
});
