import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signOf } from '../../src/cli/view/sign-of.js';
import type { Artifact } from '../../src/desired/artifact.js';
import { wantedImages } from '../../src/desired/artifacts.js';
import { etcdMarkerPath } from '../../src/desired/pods/etcd-marker.js';
import { bornTogether } from '../../src/desired/settled.js';
import type { FileFact, HostFacts } from '../../src/observed/facts.js';
import { nothingYet } from '../../src/observed/views/api-view.js';
import { makePlan } from '../../src/plan/make-plan.js';
import { phases } from '../../src/plan/phases.js';
import type { EtcdArrival } from '../../src/plan/situation.js';
import { describeStep, type Step } from '../../src/plan/step.js';
import { Secret } from '../../src/secret.js';
import { desiredOf, hostOf } from '../desired/desired-of.js';
import { fakeKeys } from '../desired/fake-keys.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';
import { bareFacts } from './facts-of.js';
import { takeSteps } from './take-steps.js';

const inventory = inventoryOf({
  kubernetesVersion: 'v1.36.3',
  hosts: [controlPlane(1), controlPlane(2), controlPlane(3), worker(1)],
});
const names = inventory.spec.hosts.map(({ name }) => name);
const artifacts: Artifact[] = [
  ...[...new Set(inventory.spec.hosts.flatMap((host) => wantedImages({ inventory, host })))].map(
    (ref, index) => ({
      kind: 'image' as const,
      ref,
      arch: 'amd64' as const,
      digest: `sha256:${String(index).padStart(64, '0')}`,
      size: 30e6,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      blobs: [{ sha256: String(index).padStart(64, '0'), size: 30e6 }],
    }),
  ),
  {
    kind: 'binary',
    name: 'kubelet',
    version: 'v1.36.3',
    arch: 'amd64',
    path: '/usr/local/bin/kubelet',
    mode: 0o755,
    sha256: 'a'.repeat(64),
    size: 60e6,
  },
];
const desired = desiredOf(inventory, { artifacts });
const bare = new Map(names.map((name) => [name, bareFacts(name)]));
const together = new Map<string, EtcdArrival>(
  ['cp-1', 'cp-2', 'cp-3'].map((name) => [name, { kind: 'together' }]),
);

const planFor = (
  facts: ReadonlyMap<string, HostFacts>,
  arrivals = new Map<string, EtcdArrival>(),
  prune = false,
  wanted = desired,
) =>
  makePlan({
    inventory,
    situation: { kind: 'new' },
    prune,
    desired: { ...wanted, objects: [], systemObjects: [], withdrawn: [], manifests: [] },
    facts,
    arrivals,
    etcd: undefined,
    api: nothingYet,
    markerOf: (host) => etcdMarkerPath(inventory, bornTogether(inventory)[host]!),
    judge: () => [],
  });

const taking = (facts: ReadonlyMap<string, HostFacts>, steps: readonly Step[], wanted = desired) =>
  new Map([...facts].map(([name, fact]) => [name, takeSteps(fact, steps, hostOf(wanted, name).resources)]));

const settled = taking(bare, planFor(bare, together).steps);

test('after the steps of a bootstrap there is nothing to do', () => {
  expect(planFor(bare, together).steps.length).toBeGreaterThan(200);
  expect(planFor(settled).steps).toEqual([]);
});

test('the same facts give the same plan, in whatever order they were found', () => {
  const turned = (fact: HostFacts): HostFacts => ({
    ...fact,
    files: Object.fromEntries(Object.entries(fact.files).reverse()),
    sysctls: Object.fromEntries(Object.entries(fact.sysctls).reverse()),
    images: [...fact.images].reverse(),
    sandboxes: [...fact.sandboxes].reverse(),
    modules: [...fact.modules].reverse(),
  });
  const half = taking(
    bare,
    planFor(bare, together).steps.filter((_, index) => index % 3 === 0),
  );
  const once = JSON.stringify(planFor(half, together));
  expect(JSON.stringify(planFor(half, together))).toBe(once);
  const shuffled = new Map([...half].reverse().map(([name, fact]) => [name, turned(fact)]));
  expect(JSON.stringify(planFor(shuffled, together))).toBe(once);
});

test('phases come in their order, and a host’s steps keep theirs', () => {
  const { steps } = planFor(bare, together);
  const order = phases.map(({ name }) => name);
  const ranks = steps.map(({ phase }) => order.indexOf(phase));
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
});

test('a bootstrap interrupted after any of its steps goes on to the same end', () => {
  const all = planFor(bare, together).steps;
  fc.assert(
    fc.property(fc.nat(all.length), (taken) => {
      const facts = taking(bare, all.slice(0, taken));
      const rest = planFor(facts, together).steps;
      expect(planFor(taking(facts, rest)).steps).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

describe('new credentials, read only at a start', () => {
  const keys = fakeKeys(inventory.spec.hosts);
  const pair = { certificate: 'renewed', key: new Secret('renewed') };
  const own = { ...keys.hosts['cp-1'], 'controller-manager': pair, scheduler: pair, kubelet: pair };
  const serviceAccount = { publicKey: 'renewed', privateKey: new Secret('renewed') };
  const renewed = { ...keys, serviceAccount, hosts: { ...keys.hosts, 'cp-1': own } };
  const later = desiredOf(inventory, { artifacts, keys: renewed });
  const all = planFor(settled, new Map(), false, later).steps;
  const switches = (steps: readonly Step[]) =>
    steps.flatMap(({ host, action }) => (action.do === 'switch-manifest' ? [`${host} ${action.pod}`] : []));

  test('a run that ended after any of its steps leaves each pod that still has the old ones to the next run', () => {
    expect(switches(all)).toEqual([
      'cp-1 kube-apiserver',
      'cp-1 kube-controller-manager',
      'cp-1 kube-scheduler',
      'cp-2 kube-apiserver',
      'cp-2 kube-controller-manager',
      'cp-3 kube-apiserver',
      'cp-3 kube-controller-manager',
    ]);
    for (let taken = 0; taken <= all.length; taken++) {
      const facts = taking(settled, all.slice(0, taken), later);
      const rest = planFor(facts, new Map(), false, later).steps;
      expect(switches(rest)).toEqual(switches(all.slice(taken)));
      expect(planFor(taking(facts, rest, later), new Map(), false, later).steps).toEqual([]);
    }
  });

  test('a manifest that arrived does not hide that the pod of before runs', () => {
    const manifests = all.filter(({ action }) => action.do === 'switch-manifest');
    const arrived = taking(settled, all, later);
    const facts = new Map(
      [...arrived].map(([name, fact]) => [name, { ...fact, sandboxes: settled.get(name)!.sandboxes }]),
    );
    const rest = planFor(facts, new Map(), false, later).steps;
    expect(switches(rest)).toEqual(switches(manifests));
  });
});

describe('drift of any kind', () => {
  const paths = Object.keys(settled.get('cp-1')!.files);
  type Drift = (fact: HostFacts, path: string) => HostFacts;
  const change =
    (what: (file: FileFact) => FileFact | undefined): Drift =>
    (fact, path) => {
      const { [path]: file, ...others } = fact.files;
      const changed = file && what(file);
      return { ...fact, files: changed ? { ...others, [path]: changed } : others };
    };
  const drifts: Readonly<Record<string, Drift>> = {
    gone: change(() => undefined),
    'another mode': change((file) => ({ ...file, mode: 0o777 })),
    'another owner': change((file) => ({ ...file, uid: 1000 })),
    'other content': change((file) => ({ ...file, sha256: 'f'.repeat(64) })),
    'a directory': change((file) => ({ ...file, type: 'directory', sha256: undefined }) as never),
    'no sandbox': (fact) => ({ ...fact, sandboxes: [] }),
    'an old sandbox': (fact) => ({
      ...fact,
      sandboxes: [{ id: 'etcd', revision: undefined, running: true }],
    }),
    'units stopped': (fact) => ({
      ...fact,
      units: Object.fromEntries(
        Object.entries(fact.units).map(([name, unit]) => [name, { ...unit, active: 'failed' }]),
      ),
    }),
    'units not read again': (fact) => ({
      ...fact,
      units: Object.fromEntries(
        Object.entries(fact.units).map(([name, unit]) => [name, { ...unit, stale: true }]),
      ),
    }),
    'units older than what they read': (fact) => ({
      ...fact,
      units: Object.fromEntries(
        Object.entries(fact.units).map(([name, unit]) => [name, { ...unit, rewritten: ['/etc/config'] }]),
      ),
    }),
    'units disabled': (fact) => ({ ...fact, units: {} }),
    'no modules': (fact) => ({ ...fact, modules: [] }),
    'other sysctls': (fact) => ({ ...fact, sysctls: { 'net.ipv4.ip_forward': '0' } }),
    'images unpinned': (fact) => ({ ...fact, images: fact.images.map((one) => ({ ...one, pinned: false })) }),
    'other images': (fact) => ({
      ...fact,
      images: fact.images.map((one) => ({ ...one, digest: `sha256:${'e'.repeat(64)}` })),
    }),
  };

  test('is healed by the plan that follows from it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...Object.keys(drifts)), fc.constantFrom(...paths)), {
          maxLength: 8,
        }),
        (happened) => {
          const first = happened.reduce(
            (fact, [drift, path]) => drifts[drift]!(fact, path),
            settled.get('cp-1')!,
          );
          const facts = new Map([...settled, ['cp-1', first]]);
          const { steps } = planFor(facts);
          expect(planFor(taking(facts, steps)).steps).toEqual([]);
          expect(steps.every(({ host, reason }) => host === 'cp-1' && reason !== '')).toBe(true);
          for (const step of steps)
            if (signOf(step) === '+' && 'path' in step.action)
              expect(first.files[step.action.path], describeStep(step)).toBeUndefined();
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('kubelets of the minor before, and manifests as they are wanted', () => {
  const kubelet = '/usr/local/bin/kubelet';
  const earlier = new Map(
    [...settled].map(([name, fact]) => {
      const files = { ...fact.files, [kubelet]: { ...fact.files[kubelet]!, sha256: 'e'.repeat(64) } };
      return [name, { ...fact, files, kubeletVersion: 'v1.35.6' }];
    }),
  );
  const { steps } = planFor(earlier);
  const said = (step: Step) => `${step.host}: ${describeStep(step)}`;

  test('all static pods of podstrap’s are part of the change, those of workers too', () => {
    const switched = steps.filter(({ action }) => action.do === 'switch-manifest');
    const pods = hostOf(desired, 'cp-1').resources.filter(({ kind }) => kind === 'static-pod');
    expect(pods.length).toBe(4);
    expect(switched.map(said)).toEqual([
      ...['cp-1', 'cp-2', 'cp-3'].flatMap((name) =>
        ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(
          (pod) => `${name}: switch static pod ${pod}`,
        ),
      ),
      'w-1: switch static pod haproxy',
    ]);
    expect(new Set(switched.map(({ reason }) => reason))).toEqual(
      new Set(['a kubelet of another minor version restarts every static pod']),
    );
    expect(planFor(taking(earlier, steps)).steps).toEqual([]);
  });

  test('those of others are named, and nothing is done to them', () => {
    const mine = (prune: boolean) => {
      const fact = earlier.get('w-1')!;
      const manifestNames = [...fact.manifestNames, 'mine.yaml'];
      return planFor(new Map([...earlier, ['w-1', { ...fact, manifestNames }]]), undefined, prune).steps;
    };
    const reasons = (of: readonly Step[]) =>
      of.flatMap(({ host, action, reason }) => (action.do === 'restart-unit' ? [`${host}: ${reason}`] : []));
    expect(reasons(mine(false))).toEqual([
      ...['cp-1', 'cp-2', 'cp-3'].map((name) => `${name}: ${kubelet} changes`),
      `w-1: ${kubelet} changes; static pods that are not podstrap’s restart with it, and are not parked: /etc/kubernetes/manifests/mine.yaml`,
    ]);
    expect(mine(false).map(said)).toEqual(steps.map(said));
    expect(reasons(mine(true)).at(-1)).toBe(`w-1: ${kubelet} changes`);
  });

  test('a run that was cut off after any step goes on to the same end', () => {
    const order = steps.findIndex(({ action }) => action.do === 'install-binary');
    expect(order).toBeGreaterThanOrEqual(0);
    for (let taken = 0; taken <= steps.length; taken++) {
      const facts = taking(earlier, steps.slice(0, taken));
      const rest = planFor(facts).steps;
      expect(planFor(taking(facts, rest)).steps).toEqual([]);
      // Whose kubelet has not been restarted yet starts its pods anew, whatever is on its disk.
      for (const [name, { units }] of facts)
        if (units['kubelet.service']?.outdated)
          expect(rest.filter(({ host, action }) => host === name && 'pod' in action).map(said)).toEqual(
            steps.filter(({ host, action }) => host === name && 'pod' in action).map(said),
          );
    }
  });
});

test('whatever else lies in staticPodPath is told and left alone', () => {
  const facts = new Map(settled);
  const fact = facts.get('w-1')!;
  facts.set('w-1', { ...fact, manifestNames: [...fact.manifestNames, 'etcd.yaml.bak', 'mine.yaml'] });
  const { steps, strangers } = planFor(facts);
  expect(steps).toEqual([]);
  expect(strangers.map(({ host, path }) => `${host} ${path}`)).toEqual([
    'w-1 /etc/kubernetes/manifests/etcd.yaml.bak',
    'w-1 /etc/kubernetes/manifests/mine.yaml',
  ]);
});

test('pruning takes away what is not ours, and after it there is nothing to do', () => {
  const fact = settled.get('cp-1')!;
  const dropIns = ['/etc/systemd/system/containerd.service.d/x.conf'];
  const manifestNames = [...fact.manifestNames, 'etcd.yaml.bak'];
  const facts = new Map([...settled, ['cp-1', { ...fact, dropIns, manifestNames }]]);
  const { steps } = planFor(facts, undefined, true);
  expect(steps.map(describeStep)).toEqual([
    `remove ${dropIns[0]}`,
    'reload systemd units',
    'restart containerd.service',
    'remove /etc/kubernetes/manifests/etcd.yaml.bak',
  ]);
  const pruned = taking(facts, steps);
  expect(planFor(pruned, undefined, true)).toMatchObject({ steps: [], strangers: [] });
  expect(planFor(pruned)).toMatchObject({ steps: [], strangers: [] });
});

test('no plan holds a key', () => {
  const text = JSON.stringify(planFor(bare, together));
  expect(text).not.toContain('PRIVATE KEY');
  expect(text).not.toContain('client-key-data');
});
