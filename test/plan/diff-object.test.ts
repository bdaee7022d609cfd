import { describe, expect, test } from 'vitest';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { covers } from '../../src/kubernetes/covers.js';
import { diffObject } from '../../src/plan/diff/diff-object.js';

const cases: readonly (readonly [string, unknown, unknown, boolean])[] = [
  ['the same value', 1, 1, true],
  ['another value', 1, 2, false],
  ['a number is no text', 1, '1', false],
  ['fields that the server added', { a: 1, uid: 'x' }, { a: 1 }, true],
  ['a field that is missing', { a: 1 }, { a: 1, b: 2 }, false],
  ['deep down', { a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 1 } } }, true],
  ['lists as they are', [{ a: 1, x: 1 }, { b: 2 }], [{ a: 1 }, { b: 2 }], true],
  ['a longer list', [1, 2], [1], false],
  ['a list in another order', [2, 1], [1, 2], false],
  ['an empty label', { label: '' }, { label: '' }, true],
  ['an empty label that is missing', {}, { label: '' }, false],
  ['an empty list that the server leaves out', {}, { taints: [] }, true],
  ['an empty object that the server leaves out', {}, { spec: {} }, true],
  ['an empty list where there is something', { taints: [1] }, { taints: [] }, false],
  ['nothing at all', undefined, { a: 1 }, false],
  ['null is not an object', null, { a: 1 }, false],
];

test.each(cases)('covers: %s', (_name, observed, wanted, expected) => {
  expect(covers(observed, wanted)).toBe(expected);
});

describe('diffObject', () => {
  const wanted: ApiObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'kube-system' },
    data: { color: 'blue' },
  };

  test('creates what is not there', () => {
    expect(diffObject(wanted, undefined)).toEqual([
      {
        host: '',
        phase: 'cluster',
        action: { do: 'apply-object', object: 'ConfigMap kube-system/settings', create: true },
        reason: 'it is not there',
      },
    ]);
  });

  test('creates anew what is being deleted, though it is as wanted', () => {
    const going = { ...wanted, metadata: { ...wanted.metadata, deletionTimestamp: 'now' } };
    expect(diffObject(wanted, going)).toEqual([
      {
        host: '',
        phase: 'cluster',
        action: { do: 'apply-object', object: 'ConfigMap kube-system/settings', create: true },
        reason: 'it is being deleted',
      },
    ]);
  });

  test('leaves alone what covers it', () => {
    const observed = {
      ...wanted,
      metadata: { ...wanted.metadata, uid: '1' },
      data: { color: 'blue', mine: 'x' },
    };
    expect(diffObject(wanted, observed)).toEqual([]);
  });

  test('shows no difference where a value only stands twice', () => {
    const labels = { app: 'web' };
    const twice: ApiObject = { ...wanted, metadata: { ...wanted.metadata, labels }, spec: { labels } };
    const observed = {
      ...twice,
      metadata: { ...twice.metadata, labels: { app: 'web' } },
      spec: { labels: {} },
    };
    const [step] = diffObject(twice, observed);
    expect(step!.diff!.split('\n').filter((line) => /^[-+] /.test(line))).toEqual([
      '-  labels: {}',
      '+  labels:',
      '+    app: web',
    ]);
  });

  test('shows only the fields that it speaks about', () => {
    const observed = {
      ...wanted,
      metadata: { ...wanted.metadata, uid: '1' },
      data: { color: 'red', mine: 'x' },
    };
    const [step] = diffObject(wanted, observed);
    expect(step!.reason).toBe('its fields differ');
    expect(step!.diff).toContain('--- in the cluster: ConfigMap kube-system/settings\n');
    expect(step!.diff).toContain('-  color: red\n+  color: blue');
    expect(step!.diff).not.toContain('mine');
    expect(step!.diff).not.toContain('uid');
  });

  test('of a Deployment shows the one field that differs, whatever the server added and in whatever order', () => {
    const deployment: ApiObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'dns', namespace: 'kube-system', labels: { app: 'dns' } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'dns' } },
        template: {
          metadata: { labels: { app: 'dns' } },
          spec: {
            tolerations: [],
            containers: [
              {
                name: 'dns',
                image: 'dns:1',
                args: ['-conf', '/x'],
                ports: [{ name: 'udp', containerPort: 53 }],
              },
              { name: 'side', image: 'side:1', securityContext: {} },
            ],
          },
        },
      },
    };
    const added = {
      terminationMessagePath: '/dev/termination-log',
      imagePullPolicy: 'IfNotPresent',
      resources: {},
    };
    const observed = {
      metadata: { uid: '1', labels: { app: 'dns' }, namespace: 'kube-system', name: 'dns', generation: 3 },
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      spec: {
        template: {
          spec: {
            containers: [
              {
                ...added,
                ports: [{ protocol: 'TCP', containerPort: 53, name: 'udp' }],
                args: ['-conf', '/x'],
                image: 'dns:1',
                name: 'dns',
              },
              { ...added, image: 'side:1', name: 'side' },
            ],
            dnsPolicy: 'ClusterFirst',
          },
          metadata: { creationTimestamp: null, labels: { app: 'dns' } },
        },
        strategy: { type: 'RollingUpdate' },
        selector: { matchLabels: { app: 'dns' } },
        replicas: 5,
      },
    };
    const changes = (of: ApiObject) =>
      diffObject(deployment, of)[0]!
        .diff!.split('\n')
        .filter((line) => /^[-+] /.test(line));
    expect(changes(observed)).toEqual(['-  replicas: 5', '+  replicas: 2']);
    const { template } = observed.spec;
    const [dns, side] = template.spec.containers;
    const withContainers = (...containers: readonly object[]) =>
      ({
        ...observed,
        spec: {
          ...observed.spec,
          replicas: 2,
          template: { ...template, spec: { ...template.spec, containers } },
        },
      }) as ApiObject;
    expect(changes(withContainers(dns!, { ...side, image: 'side:0' }))).toEqual([
      '-          image: side:0',
      '+          image: side:1',
    ]);
    expect(changes(withContainers({ name: 'theirs', image: 'x' }, dns!, side!))).toEqual([
      '-        - image: x',
      '-          name: theirs',
    ]);
    expect(changes(withContainers(dns!))).toEqual([
      '+        - name: side',
      '+          image: side:1',
      '+          securityContext: {}',
    ]);
  });

  test('takes away labels that podstrap set and no longer wants, and no others', () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'w-1' } };
    const managedFields = [
      {
        manager: 'podstrap',
        operation: 'Apply',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:disk': {} } }, 'f:spec': { 'f:podCIDR': {} } },
      },
      {
        manager: 'kubectl',
        operation: 'Update',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:theirs': {} } } },
      },
    ];
    const labels = { disk: 'ssd', theirs: 'x' };
    const [step] = diffObject(node, { ...node, metadata: { ...node.metadata, labels, managedFields } });
    expect(step!.action).toEqual({ do: 'apply-object', object: 'Node w-1', create: false });
    expect(step!.diff).toContain('-    disk: ssd');
    expect(step!.diff).not.toContain('theirs');
    const still = { ...node, metadata: { ...node.metadata, labels: { disk: 'ssd' } } };
    expect(diffObject(still, { ...node, metadata: { ...node.metadata, labels, managedFields } })).toEqual([]);
    expect(diffObject(node, undefined)).toEqual([]);
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'w-1' } };
    expect(diffObject(namespace, undefined)).toHaveLength(1);
  });
});
