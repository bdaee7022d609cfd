import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partOf } from '../../src/plan/narrow.js';
import { phases } from '../../src/plan/phases.js';
import type { Situation } from '../../src/plan/situation.js';
import type { Action, Step } from '../../src/plan/step.js';
import { ancestorsOf, aroundSettling, meanwhile } from '../../src/plan/waves/ancestors.js';
import type { Wave } from '../../src/plan/waves/wave.js';
import { wavesOf } from '../../src/plan/waves/waves-of.js';
import { desiredOf } from '../desired/desired-of.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';

const step = (host: string, phase: Step['phase'], action: Action): Step => ({
  host,
  phase,
  action,
  reason: 'a test',
});
const restart = (host: string) =>
  step(host, 'control-plane', { do: 'restart-unit', name: 'kubelet.service' });
const upgraded = (host: string): readonly Step[] => [
  step(host, 'binaries', { do: 'drain-node', node: host }),
  restart(host),
  step(host, 'control-plane', { do: 'uncordon-node', node: host }),
];
const manifest = (host: string, pod: string) =>
  step(host, 'control-plane', {
    do: 'put-manifest',
    pod,
    path: `/etc/kubernetes/manifests/${pod}.yaml`,
    mode: 0o600,
    sha256: 'a',
    revision: 'b',
  });
const image = (host: string, ref: string) =>
  step(host, 'images', { do: 'import-image', ref, digest: 'sha256:a', size: 1 });
const containerd = (host: string) => step(host, 'node', { do: 'start-unit', name: 'containerd.service' });

const inventoryWith = (maxUnavailableWorkers: number) =>
  inventoryOf({
    kubernetesVersion: 'v1.37.2',
    hosts: [controlPlane(1), ...[1, 2, 3].map(worker)],
    upgrade: { maxUnavailableWorkers },
  });
const inventory = inventoryWith(1);
const { hosts } = desiredOf(inventory);
const desired = { hosts, manifests: [] };
const live: Situation = {
  kind: 'live',
  leaseHolders: [],
  etcd: { members: [], voting: ['cp-1'], leader: 'cp-1' },
};
const planned = (steps: readonly Step[], situation: Situation = live, maxUnavailableWorkers = 1) => ({
  steps,
  strangers: [],
  waves: wavesOf({
    steps,
    desired,
    inventory: inventoryWith(maxUnavailableWorkers),
    situation,
    uncompared: false,
  }),
});
const shown = (waves: readonly Wave[]) =>
  waves.filter(({ steps }) => steps.length > 0).map(({ title, hosts: taking }) => [title, ...taking]);

const saves = step('', 'snapshot', { do: 'save-snapshot' });
const upgrade = [saves, ...['cp-1', 'w-1', 'w-2', 'w-3'].flatMap(upgraded)];

describe('a live cluster', () => {
  test('an upgrade begins with the snapshot; drained workers take turns', () => {
    expect(shown(planned(upgrade).waves)).toEqual([
      ['Snapshot', ''],
      ['cp-1, the etcd leader', 'cp-1'],
      ['w-1', 'w-1'],
      ['w-2', 'w-2'],
      ['w-3', 'w-3'],
    ]);
    expect(shown(planned(upgrade, live, 2).waves).slice(2)).toEqual([
      ['Workers, 2 at once', 'w-1', 'w-2'],
      ['w-3', 'w-3'],
    ]);
  });

  test('workers that are not drained change together, before those that are', () => {
    const steps = [restart('w-1'), ...upgraded('w-2'), restart('w-3')];
    expect(shown(planned(steps).waves)).toEqual([
      ['Workers, 2 at once', 'w-1', 'w-3'],
      ['w-2', 'w-2'],
    ]);
  });

  test('a new worker gets everything in its own wave, before those that are there', () => {
    const steps = [
      containerd('w-2'),
      image('w-2', 'x'),
      image('w-1', 'x'),
      manifest('w-2', 'haproxy'),
      restart('w-1'),
    ];
    const { waves } = planned(steps);
    expect(shown(waves).slice(1)).toEqual([
      ['New workers, all at once', 'w-2'],
      ['w-1', 'w-1'],
    ]);
    const supply = waves.find(({ kind }) => kind === 'supply')!;
    // It is brought there ahead; it is taken in its turn.
    expect(supply.hosts).toEqual(['w-1', 'w-2']);
    expect(supply.steps).toEqual([image('w-1', 'x')]);
  });

  test('control planes change behind etcd’s quorum, are watched, and go back together; a worker goes back alone', () => {
    const [first, ...others] = planned(upgrade).waves.filter(({ kind }) => kind === 'change');
    expect(first).toMatchObject({
      gates: ['quorum', 'pods', 'etcd'],
      watch: ['cp-1'],
      undo: 'roll-out',
      restarts: ['kubelet'],
    });
    for (const other of others) expect(other).toMatchObject({ gates: ['pods'], watch: [], undo: 'host' });
  });

  test('each wave goes after the one before it', () => {
    const { waves } = planned(upgrade);
    expect(meanwhile(waves)).toEqual(new Set());
    expect(waves.map(({ after }) => after)).toEqual([[], ...waves.slice(0, -1).map(({ name }) => [name])]);
  });
});

describe('a control plane that starts', () => {
  const steps = [
    containerd('cp-1'),
    ...hosts[0]!.resources.flatMap((one) =>
      one.kind === 'static-pod' && one.name === 'etcd'
        ? [image('cp-1', /image: (\S+)/.exec(String(one.content))![1]!)]
        : [],
    ),
    image('cp-1', 'example.com/addon:1'),
    ...['etcd', 'kube-apiserver', 'kube-scheduler'].map((pod) => manifest('cp-1', pod)),
    step('w-1', 'control-plane', { do: 'start-unit', name: 'kubelet.service' }),
    step('', 'cluster', { do: 'apply-object', object: 'Node cp-1', create: true }),
  ];
  const waves = planned(steps, { kind: 'new' }).waves;

  test('images that no static pod needs arrive meanwhile, and clients of the API start when it answers', () => {
    expect(waves.map(({ name, after, steps: own }) => [name, after, own.length])).toEqual([
      ['prepare', [], 2],
      ['images', ['prepared'], 1],
      ['start', ['prepare'], 2],
      ['verify', ['start', 'api-server'], 2],
      ['objects', ['images', 'start', 'api-server'], 1],
    ]);
    expect([...meanwhile(waves)]).toEqual(['images', 'start', 'objects']);
  });

  test('one that had objects before has all its images first', () => {
    const names = planned(steps, { kind: 'down' }).waves.map(({ name }) => name);
    expect(names).toEqual(['prepare', 'start', 'verify', 'objects']);
  });
});

describe('whatever the steps are', () => {
  const anyHost = fc.constantFrom('cp-1', 'w-1', 'w-2', 'w-3');
  const onHost = fc.oneof(
    fc
      .tuple(anyHost, fc.constantFrom('binaries' as const))
      .map(([host, phase]) =>
        step(host, phase, { do: 'install-binary', path: '/b', mode: 0o755, sha256: 'a', size: 1 }),
      ),
    anyHost.map(containerd),
    anyHost.map((host) => image(host, 'x')),
    fc
      .tuple(anyHost, fc.constantFrom('node', 'peers', 'serving', 'certificates', 'control-plane', 'leave'))
      .map(([host, phase]) =>
        step(host, phase as Step['phase'], {
          do: 'write-file',
          path: '/f',
          mode: 0o600,
          sha256: 'a',
          secret: false,
        }),
      ),
    anyHost.map((host) => step(host, 'peers', { do: 'forget-secrets', inventories: [], store: true })),
    fc.tuple(anyHost, fc.constantFrom('etcd', 'kube-scheduler')).map(([host, pod]) => manifest(host, pod)),
  );
  const others = fc.constantFrom(
    saves,
    step('gone', 'lost-members', { do: 'remove-etcd-member', member: 'gone', id: '1' }),
    step('gone', 'leave', { do: 'reset-host' }),
    step('', 'cluster', { do: 'apply-object', object: 'Node cp-1', create: true }),
    step('', 'addons', { do: 'apply-object', object: 'Namespace shop', create: true }),
  );
  /** A control plane that starts has nobody who leaves, and nothing to save. */
  const ofLive = ({ phase }: Step) => ['snapshot', 'lost-members', 'leave'].includes(phase);
  const anySituation = fc.constantFrom<Situation>(
    live,
    { kind: 'new' },
    { kind: 'bootstrapping' },
    { kind: 'down' },
  );
  const rank = new Map(phases.map(({ name }, index) => [name, index]));
  const anyPlan = fc
    .tuple(anySituation, fc.array(fc.oneof(onHost, others)), fc.integer({ min: 1, max: 3 }))
    .map(([situation, steps, most]) =>
      planned(
        steps
          .filter((one) => situation.kind === 'live' || !ofLive(one))
          .sort((a, b) => rank.get(a.phase)! - rank.get(b.phase)!),
        situation,
        most,
      ),
    );
  const sorted = (steps: readonly Step[]) => steps.map((one) => JSON.stringify(one)).sort();

  test('each of them is in exactly one wave, on a host of that wave', () => {
    fc.assert(
      fc.property(anyPlan, ({ steps, waves }) => {
        expect(sorted(waves.flatMap((wave) => wave.steps))).toEqual(sorted(steps));
        for (const wave of waves) for (const { host } of wave.steps) expect(wave.hosts).toContain(host);
      }),
    );
  });

  test('waves have names of their own, and stand behind all that they come after', () => {
    fc.assert(
      fc.property(anyPlan, ({ waves }) => {
        const names = waves.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        const known = ['prepared', 'api-server', 'settled'];
        for (const { name, after } of waves) {
          expect([...known, ...names]).toEqual(expect.arrayContaining([...after]));
          known.push(name);
          expect(known).toEqual(expect.arrayContaining([...after]));
        }
        const [before, afterwards] = aroundSettling(waves);
        expect(afterwards.every(({ kind }) => kind === 'memory' || kind === 'addons')).toBe(true);
        expect(before.length + afterwards.length).toBe(waves.length);
      }),
    );
  });

  test('a part of a plan has its steps in the same order', () => {
    fc.assert(
      fc.property(anyPlan, fc.subarray(['cp-1', 'w-1', 'w-2'], { minLength: 1 }), (plan, limit) => {
        const part = partOf(plan, limit);
        expect(sorted(part.waves.flatMap((wave) => wave.steps))).toEqual(sorted(part.steps));
        const whole = ancestorsOf(plan.waves);
        const narrowed = ancestorsOf(part.waves);
        const left = part.waves.map(({ name }) => name);
        for (const name of left) {
          const before = [...whole.get(name)!].filter((one) => left.includes(one));
          expect([...narrowed.get(name)!]).toEqual(expect.arrayContaining(before));
        }
        expect(partOf(plan, undefined)).toEqual(plan);
      }),
    );
  });
});
