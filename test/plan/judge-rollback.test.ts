import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/desired/resource.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import type { Generation, Remembered } from '../../src/observed/memory/generation.js';
import { encryptionOf, type Made, objectDigests } from '../../src/observed/memory/run-record.js';
import {
  authoritiesIn,
  judgeRollback,
  type State,
  strayObjects,
  strayOf,
} from '../../src/plan/refuse/judge-rollback.js';
import { controlPlane, inventoryOf, type SpecText } from '../desired/inventory-of.js';

const spec: SpecText = { kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] };
const ca = (sha256: string): Remembered => ({
  kind: 'certificate',
  phase: 'certificates',
  name: 'ca',
  path: '/etc/kubernetes/pki/ca.crt',
  mode: 0o644,
  sha256,
  because: 'a test',
});
const encryption = (sha256: string): Remembered => ({
  kind: 'file',
  phase: 'certificates',
  path: '/etc/kubernetes/enc.yaml',
  mode: 0o600,
  sha256,
  secret: true,
  because: 'a test',
});
const generation = (resources: readonly Remembered[]): Generation => ({
  apiVersion: 'podstrap.io/v1alpha1',
  kind: 'Generation',
  host: 'cp-1',
  run: 'run-1',
  time: '2026-01-01T00:00:00.000Z',
  by: 'me@here (podstrap up)',
  podstrap: '0.1.0',
  plan: 'f'.repeat(64),
  resources,
});
const state = (inventory: Inventory, resources: readonly Remembered[] = [ca('a')]): State => ({
  inventory,
  authorities: authoritiesIn(generation(resources)),
  encryption: encryptionOf(inventory, resources),
});
const encrypted = inventoryOf({
  ...spec,
  apiServer: { extraArgs: [{ name: 'encryption-provider-config', value: '/etc/kubernetes/enc.yaml' }] },
});
const same = inventoryOf(spec);

const said = (now: State, then: State, present = same): readonly string[] =>
  judgeRollback({ run: 'run-1', present, hosts: new Map([['cp-1', { now, then }]]) }).map(
    (failure) => `${failure.kind}: ${failure.said}`,
  );

test.each<readonly [string, State, State, Inventory, RegExp | undefined]>([
  ['nothing that matters', state(same), state(same), same, undefined],
  ['a patch', state(same), state(inventoryOf({ ...spec, kubernetesVersion: 'v1.36.1' })), same, undefined],
  [
    'a minor of Kubernetes',
    state(same),
    state(inventoryOf({ ...spec, kubernetesVersion: 'v1.35.3', etcd: { local: { imageTag: '3.6.8-0' } } })),
    same,
    /Kubernetes is at v1.36.3 and was at v1.35.3/,
  ],
  [
    'a minor of etcd',
    state(same),
    state(inventoryOf({ ...spec, etcd: { local: { imageTag: '3.5.21-0' } } })),
    same,
    /etcd is at 3\.6.* and was at 3.5.21-0/,
  ],
  [
    'a host more',
    state(same),
    state(same),
    inventoryOf({ ...spec, hosts: [...spec.hosts, controlPlane(2)] }),
    /the hosts of the cluster are others than then: cp-2/,
  ],
  ['another authority', state(same), state(same, [ca('b')]), same, /the authority ca is another/],
  ['data that is encrypted since', state(encrypted, [ca('a')]), state(same), same, /encryption of data/],
  [
    'another key for data',
    state(encrypted, [ca('a'), encryption('1')]),
    state(encrypted, [ca('a'), encryption('2')]),
    same,
    /encryption of data/,
  ],
])('%s in between', (_what, now, then, present, expected) => {
  const all = said(now, then, present);
  if (expected === undefined) expect(all).toEqual([]);
  else {
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(/^refused: /);
    expect(all[0]).toMatch(expected);
  }
});

test('what would come out otherwise than then is named; certificates and the reasons of files are not', () => {
  const file = (path: string, content: string, because = 'now') => ({
    kind: 'file' as const,
    phase: 'node' as const,
    path,
    mode: 0o644,
    content,
    because,
  });
  const digest = (letter: string) => letter.repeat(64);
  const remembered = (path: string, sha256: string): Remembered => ({
    kind: 'file',
    phase: 'node',
    path,
    mode: 0o644,
    sha256,
    secret: false,
    because: 'then',
  });
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const wanted = {
    host: 'cp-1',
    resources: [file('/etc/same', ''), file('/etc/other', ''), file('/etc/new', '')],
  };
  const then = generation([
    remembered('/etc/same', empty),
    remembered('/etc/other', digest('0')),
    remembered('/etc/gone', digest('0')),
    ca('a'),
  ]);
  expect(strayOf(wanted, then)).toEqual(['/etc/gone', '/etc/new', '/etc/other']);
});

describe('objects of the API', () => {
  const config = (name: string, data: string): ApiObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'kube-system' },
    data: { data },
  });
  const node = (name: string, label: string): ApiObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { label } },
  });
  const desired = (...objects: readonly ApiObject[]): Desired => ({
    hosts: [],
    objects,
    systemObjects: [],
    withdrawn: [],
    manifests: [],
  });
  const made = (...objects: readonly ApiObject[]): Made => ({
    hosts: {},
    objects: objectDigests(desired(...objects)),
    authorities: {},
    encryption: ' ',
    endpoint: 'a:6443',
  });

  test.each<readonly [string, Desired, Made, string, readonly string[]]>([
    ['the same', desired(config('coredns', 'a')), made(config('coredns', 'a')), 'a:6443', []],
    [
      'another configuration',
      desired(config('coredns', 'a')),
      made(config('coredns', 'evil')),
      'a:6443',
      ['ConfigMap kube-system/coredns'],
    ],
    [
      'one that is gone',
      desired(),
      made(config('coredns', 'a')),
      'a:6443',
      ['ConfigMap kube-system/coredns'],
    ],
    ['one more', desired(config('coredns', 'a')), made(), 'a:6443', ['ConfigMap kube-system/coredns']],
    ['a node that was not looked at', desired(node('w-1', 'a')), made(node('w-2', 'a')), 'a:6443', []],
    ['the label of a node', desired(node('w-1', 'a')), made(node('w-1', 'b')), 'a:6443', ['Node w-1']],
    [
      'what certificates are for',
      desired(config('kubeadm-config', 'a')),
      made(config('kubeadm-config', 'b')),
      'a:6443',
      [],
    ],
    ['where the API is', desired(config('kube-proxy', 'b')), made(config('kube-proxy', 'a')), 'b:6443', []],
  ])('%s', (_what, now, then, endpoint, expected) => {
    expect(strayObjects(now, then, { endpoint })).toEqual(expected);
  });
});
