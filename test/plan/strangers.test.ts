import { describe, expect, test } from 'vitest';
import type { DesiredHost } from '../../src/desired/resource.js';
import type { HostFacts } from '../../src/observed/facts.js';
import { pruneSteps, strangersOf } from '../../src/plan/diff/strangers.js';
import { describeStep, type Step } from '../../src/plan/step.js';
import { bareFacts } from './facts-of.js';

const because = 'the inventory asks for it';
const pod = (name: string, revision: string) =>
  ({
    because,
    phase: 'control-plane',
    kind: 'static-pod',
    name,
    path: `/etc/kubernetes/manifests/${name}.yaml`,
    mode: 0o600,
    content: `${name}\n`,
    revision,
  }) as const;
const unit = (name: string, phase: 'node' | 'control-plane') =>
  ({ because, phase, kind: 'unit', name, restartOn: [] }) as const;
const wanted: DesiredHost = {
  host: 'cp-1',
  resources: [
    unit('containerd.service', 'node'),
    pod('etcd', 'cafe'),
    pod('kube-apiserver', 'beef'),
    unit('kubelet.service', 'control-plane'),
  ],
};
const running = (id: string, revision: string | undefined, runs = true) => ({ id, revision, running: runs });
const both = [running('1', 'cafe'), running('2', 'beef')];
const dropIn = '/etc/systemd/system/kubelet.service.d/20-proxy.conf';
const ours = ['etcd.yaml', 'kube-apiserver.yaml'];

type Case = readonly [
  what: string,
  facts: Partial<HostFacts>,
  path: string,
  said: string,
  pruned: readonly string[],
];
const cases: readonly Case[] = [
  [
    'another manifest',
    { manifestNames: [...ours, 'mine.yaml'] },
    '/etc/kubernetes/manifests/mine.yaml',
    'not from podstrap; the kubelet runs it as a static pod',
    ['remove /etc/kubernetes/manifests/mine.yaml'],
  ],
  [
    'an editor’s backup: the kubelet reads any name',
    { manifestNames: [...ours, 'etcd.yaml~'] },
    '/etc/kubernetes/manifests/etcd.yaml~',
    'not from podstrap; the kubelet runs it as a static pod',
    ['remove /etc/kubernetes/manifests/etcd.yaml~'],
  ],
  [
    'an editor’s swap file',
    { manifestNames: ours, manifestsPassedOver: ['.etcd.yaml.swp'] },
    '/etc/kubernetes/manifests/.etcd.yaml.swp',
    'not from podstrap; the kubelet ignores names that begin with a dot',
    ['remove /etc/kubernetes/manifests/.etcd.yaml.swp'],
  ],
  [
    'a directory',
    { manifestNames: ours, manifestsPassedOver: ['old/'] },
    '/etc/kubernetes/manifests/old',
    'a directory; the kubelet ignores it, and podstrap does not remove directories',
    [],
  ],
  [
    'a drop-in',
    { dropIns: [dropIn] },
    dropIn,
    'a drop-in that is not from podstrap; it changes kubelet.service',
    [`remove ${dropIn}`, 'reload systemd units', 'restart kubelet.service'],
  ],
  [
    'a package’s drop-in',
    { dropIns: [`/usr/lib${dropIn.slice('/etc'.length)}`] },
    `/usr/lib${dropIn.slice('/etc'.length)}`,
    'a package’s drop-in; it changes kubelet.service',
    [],
  ],
  [
    'a component that runs twice, from a copied manifest',
    { sandboxes: [...both, running('3', 'cafe')] },
    '/etc/kubernetes/manifests/etcd.yaml',
    'etcd runs 2 times; look for a copy of this manifest',
    [],
  ],
  [
    'one that runs beside the wanted ones with another revision',
    { sandboxes: [...both, running('3', undefined)] },
    '/etc/kubernetes/manifests',
    '1 pod with another revision of a component runs beside the wanted ones',
    [],
  ],
];

test.each(cases)('%s is told, and pruned where that is safe', (_what, given, path, said, pruned) => {
  const facts = bareFacts('cp-1', { sandboxes: both, ...given });
  expect(strangersOf(facts, wanted)).toEqual([{ host: 'cp-1', path, said }]);
  expect(pruneSteps(facts, wanted, []).map(describeStep)).toEqual(pruned);
});

test.each<readonly [string, Partial<HostFacts>]>([
  ['what is ours', { manifestNames: ours, sandboxes: both }],
  [
    'a sandbox that has ended',
    { sandboxes: [...both, running('3', 'cafe', false), running('4', undefined, false)] },
  ],
  ['a pod of an old revision in place of the wanted one', { sandboxes: [both[0]!, running('3', undefined)] }],
])('%s is no stranger', (_what, facts) => {
  expect(strangersOf(bareFacts('cp-1', facts), wanted)).toEqual([]);
});

describe('a drop-in’s unit', () => {
  const restart: Step = {
    host: 'cp-1',
    phase: 'control-plane',
    action: { do: 'restart-unit', name: 'kubelet.service' },
    reason: 'its configuration changes',
  };
  const facts = bareFacts('cp-1', { dropIns: [dropIn] });

  test('is not restarted twice', () => {
    const steps = pruneSteps(facts, wanted, [restart]);
    expect(steps.map(describeStep)).toEqual([
      `remove ${dropIn}`,
      'reload systemd units',
      'restart kubelet.service',
    ]);
    expect(steps.at(-1)).toBe(restart);
  });

  test('is restarted in its own phase', () => {
    expect(pruneSteps(facts, wanted, []).map(({ phase }) => phase)).toEqual([
      'node',
      'node',
      'control-plane',
    ]);
  });
});
