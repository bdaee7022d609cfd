import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, describe, expect, test } from 'vitest';
import { movesOf, switchScript } from '../../src/apply/scripts/switch-script.js';
import { parseReplaced } from '../../src/apply/undo/replaced.js';
import { render } from '../../src/desired/templates.js';
import { digestOf } from '../../src/secrets/digest.js';
import { context, holdLock, makeWorld, type World } from './world.js';

const all = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
const manifests = '/etc/kubernetes/manifests';
const staging = '/etc/kubernetes/.podstrap';
const manifest = (pod: string, revision: string): string =>
  `metadata:\n  name: ${pod}\n  labels:\n    podstrap.io/revision: "${revision}"\n`;
const old = 'aaaaaaaaaaaa';
const fresh = 'bbbbbbbbbbbb';

const address = '10.20.0.240';
/** The pod that may have a virtual address, in its manifest as kube-vip's. */
const holder = 'kube-vip';
const holderManifest = `${manifest(holder, old)}spec:\n  env:\n  - name: address\n    value: ${address}\n`;
const taken = '/run/practice/taken';

/** A host whose pods run; `tend` does what a kubelet does, `stop` ends that. */
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

/** @param holds the host takes part in holding a virtual address, and has it */
function makeNode(holds = false): Node {
  const world = makeWorld();
  holdLock(world);
  world.write('/usr/local/bin/ctr', '', 0o755);
  world.write('/run/containerd/containerd.sock', '');
  const pods = holds ? [...all, holder] : all;
  for (const pod of all) world.write(`${manifests}/${pod}.yaml`, manifest(pod, old), 0o600);
  if (holds) world.write(`${manifests}/${holder}.yaml`, holderManifest, 0o600);
  world.write('/run/practice/address', '10.20.0.11\n');
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
    if (!pods.every((pod) => known.has(`${pod}.yaml`))) lost = true;
    const now = `${after} ${parked} ${after.map((name) => revisionIn(world, name))}`;
    if (now === state) return;
    state = now;
    listener();
  };
  const tending = (async () => {
    while (running) {
      look();
      for (const pod of pods) tend(world, pod);
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
  for (const pod of pods) tend(world, pod);
  if (holds) world.write(taken, `${address}/32\n`);
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
  if (pod === holder && revision === undefined) rmSync(join(world.root, taken), { force: true });
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
      'the API server: who has the virtual address hands it over before',
      ['kube-apiserver'],
      [
        'yield kube-vip',
        'park kube-apiserver',
        'gone kube-apiserver',
        'land kube-apiserver',
        'back kube-vip',
      ],
    ],
    [
      'etcd: the API server is away meanwhile, and comes back as it was',
      ['etcd'],
      [
        'yield kube-vip',
        'park kube-apiserver',
        'gone kube-apiserver',
        'park etcd',
        'gone etcd',
        'land etcd',
        'back kube-apiserver',
        'back kube-vip',
      ],
    ],
    [
      'the API server and what holds the virtual address, which comes in anew',
      ['kube-apiserver', 'kube-vip'],
      [
        'yield kube-vip',
        'park kube-vip',
        'park kube-apiserver',
        'gone kube-apiserver',
        'land kube-apiserver',
        'gone kube-vip',
        'land kube-vip',
      ],
    ],
    [
      'all: they end together, the API server comes back as soon as etcd has',
      all,
      [
        'yield kube-vip',
        'park kube-controller-manager',
        'park kube-scheduler',
        'park kube-apiserver',
        'gone kube-apiserver',
        'park etcd',
        'gone etcd',
        'land etcd',
        'land kube-apiserver',
        'back kube-vip',
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

describe('on the host that has the virtual address', () => {
  test.concurrent.each([[['kube-apiserver']], [['etcd']]])(
    'switching %j hands it over first',
    async (pods) => {
      const node = makeNode(true);
      const { world } = node;
      const met: string[] = [];
      node.onChange(() => {
        if (world.exists(`${staging}/parked/kube-apiserver.yaml`) && world.exists(taken))
          met.push('the API server goes, and the address is still here');
      });
      const { code, stderr } = await start(world, pods);
      expect([code, stderr]).toEqual([0, '']);
      await node.stop();
      expect(met).toEqual([]);
      expect(world.exists(taken)).toBe(false);
      expect(world.read(`${manifests}/${holder}.yaml`)).toBe(holderManifest);
      expect(revisions(world)).toEqual({ ...unchanged, [pods[0]!]: fresh });
      expect(node.kept()).toBe(true);
      expect(world.list(`${staging}/parked`)).toEqual([]);
    },
  );

  test.concurrent('other pods are switched without it', async () => {
    const node = makeNode(true);
    await start(node.world, ['kube-scheduler']);
    await node.stop();
    expect(node.world.exists(taken)).toBe(true);
  });

  test.concurrent('killed in between, the next boot brings its pod back', async () => {
    const node = makeNode(true);
    const { world } = node;
    const killed = killWhen(node, parked(holder));
    await start(world, ['kube-apiserver']);
    await node.stop();
    expect(killed()).toBe(true);
    await boot(world);
    expect(world.read(`${manifests}/${holder}.yaml`)).toBe(holderManifest);
    expect(revisions(world)).toEqual(unchanged);
    expect(world.list(`${staging}/parked`)).toEqual([]);
  });
});

test.concurrent('one that has no virtual address keeps the pod that might take it', async () => {
  const node = makeNode(true);
  const { world } = node;
  rmSync(join(world.root, taken));
  let left = false;
  node.onChange(() => {
    left ||= !world.exists(`${manifests}/${holder}.yaml`);
  });
  await start(world, ['kube-apiserver']);
  await node.stop();
  expect(left).toBe(false);
  expect(revisionIn(world, 'kube-apiserver.yaml')).toBe(fresh);
});

test.concurrent('a manifest that stays is neither written nor kept: its pod ends while the kubelet is stopped', async () => {
  const node = makeNode(true);
  const { world } = node;
  await boot(world);
  // Left by a run that was cut off.
  world.write(`${staging}/${holder}.yaml`, manifest(holder, 'dddddddddddd'));
  const at = (pod: string) => ({ pod, path: `${manifests}/${pod}.yaml`, mode: 0o600 });
  const sha256 = digestOf(manifest('kube-scheduler', fresh));
  const { script, contents } = switchScript(
    [
      { ...at('kube-scheduler'), sha256, from: 'sent' },
      { ...at(holder), sha256: digestOf(holderManifest), from: 'there' },
    ],
    false,
    context,
  );
  expect(contents).toEqual([sha256]);
  expect(script).toMatch(/for c in kube-scheduler kube-vip; do end/);
  const tar = pack();
  tar.entry({ name: sha256, mode: 0o600 }, manifest('kube-scheduler', fresh));
  tar.finalize();
  const { code, stderr } = await world.transport.exec({ script, stdin: tar as AsyncIterable<Uint8Array> });
  expect([code, stderr]).toEqual([0, '']);
  await node.stop();
  expect(world.read(`${manifests}/${holder}.yaml`)).toBe(holderManifest);
  expect(revisions(world)).toEqual({ ...unchanged, 'kube-scheduler': fresh });
  expect(world.list(staging)).toEqual([]);
  const was = parseReplaced(world.read('/var/lib/podstrap/replaced'));
  expect(was.map((one) => 'path' in one && one.path)).toEqual([`${manifests}/kube-scheduler.yaml`]);
});

test.concurrent('while another run has the lock nothing is touched', async () => {
  const node = makeNode();
  holdLock(node.world, 'theirs');
  const { code, stdout } = await start(node.world, ['etcd']);
  expect([code, stdout.trim()]).toEqual([75, '@locked me@here (podstrap up)']);
  expect(revisions(node.world)).toEqual(unchanged);
});

const unitFile = 'run/practice/units/podstrap-switch.service';

/** Kills the switch as soon as something is true, as a power cut would. @returns whether it came to that */
function killWhen({ world, onChange }: Node, when: (world: World) => boolean): () => boolean {
  let killed = false;
  onChange(() => {
    if (killed || !when(world)) return;
    const [, , pid] = readFileSync(join(world.root, unitFile), 'utf8').split(' ');
    killed = true;
    process.kill(-Number(pid), 'SIGKILL');
  });
  return () => killed;
}

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
  const killed = killWhen(node, when);
  await start(world, all);
  expect(killed()).toBe(true);
  expect(node.kept()).toBe(true);

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
  const unit = render('kubelet.service', { environment: [], flags: [], visitor: '', label: 0 });
  world.write('/etc/systemd/system/kubelet.service', unit);
  world.write('/usr/local/bin/kubelet', '', 0o755);
  rmSync(join(world.root, unitFile), { force: true });
  const { code, stderr } = await world.transport.exec({ script: 'systemctl start kubelet.service' });
  expect([code, stderr]).toEqual([0, '']);
}

test.concurrent('asked to stop, it puts back what it had parked', async () => {
  const node = makeNode();
  const { world } = node;
  const unit = join(world.root, unitFile);
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
