import { describe, expect, test } from 'vitest';
import { formatPath } from '../../../src/inventory/path.js';
import { judgePod } from '../../../src/inventory/static-pods/judge-pod.js';

const around = { minor: 36, name: 'web', hosts: ['shop-1'], files: [{ path: '/etc/web/web.conf' }] };
const probe = { httpGet: { path: '/', port: 80 } };
const container = { name: 'web', image: 'example.com/web:1.0', readinessProbe: probe };
const pod = (spec: object = {}, more: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec: { containers: [{ ...container, ...more }], ...spec },
});
const complaints = (value: unknown, circumstances = around) =>
  judgePod(value, circumstances).map(
    ({ path, found, expected, hint }) => `${formatPath(path)}: ${found}; ${hint ?? expected}`,
  );

test('a sound pod has nothing wrong with it', () => {
  const sound = pod(
    {
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      volumes: [
        { name: 'data', hostPath: { path: '/srv/web' } },
        { name: 'tmp', emptyDir: {} },
      ],
      initContainers: [
        { name: 'first', image: 'example.com/first@sha256:'.padEnd(89, 'a'), restartPolicy: 'Always' },
      ],
    },
    {
      ports: [{ containerPort: 80 }],
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
      env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    },
  );
  expect(complaints(sound)).toEqual([]);
});

describe('what ends a pod, or is passed over in silence, is refused before it reaches a host', () => {
  test.each<[string, unknown, RegExp]>([
    ['a typing error', pod({}, { imge: 'x' }), /containers\[0\]\.imge: unknown field; did you mean "image"/],
    ['a field elsewhere', pod({ hostNetork: true }), /hostNetork: unknown field; did you mean "hostNetwork"/],
    ['a number as text', pod({}, { ports: [{ containerPort: '80' }] }), /containerPort.*a whole number/],
    [
      'a config map',
      pod({ volumes: [{ name: 'c', configMap: { name: 'c' } }] }),
      /`files` of spec\.staticPods/,
    ],
    [
      'a secret',
      pod({ volumes: [{ name: 'c', secret: { secretName: 'c' } }] }),
      /`files` of spec\.staticPods/,
    ],
    [
      'a variable of a secret',
      pod({}, { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] }),
      /secretKeyRef.*`value` with a template/,
    ],
    ['a service account', pod({ serviceAccountName: 'default' }), /serviceAccountName: .*a kubeconfig/],
    [
      'pull secrets',
      pod({ imagePullSecrets: [{ name: 'x' }] }),
      /imagePullSecrets: .*podstrap brings the images/,
    ],
    ['a runtime class', pod({ runtimeClassName: 'gvisor' }), /runtimeClassName: .*crashes a kubelet/],
    [
      'a projected volume',
      pod({ volumes: [{ name: 'p', projected: { sources: [] } }] }),
      /volumes\[0\]\.projected: .*never mounts/,
    ],
    ['a UID', pod({}, {}, { uid: 'x' }), /metadata\.uid: a UID/],
    [
      'another name',
      pod({}, {}, { name: 'other' }),
      /metadata\.name: another name than that of the entry, web/,
    ],
    ['no container', { ...pod(), spec: { containers: [] } }, /spec\.containers: no container/],
    ['no image', pod({}, { image: '' }), /containers\[0\]\.image: no image/],
    [
      'no tag',
      pod({}, { image: 'example.com/web' }),
      /image: example.com\/web without a tag, which means :latest; a tag/,
    ],
    ['latest', pod({}, { image: 'example.com/web:latest' }), /image: example.com\/web:latest; a tag/],
    [
      'pulling always',
      pod({}, { imagePullPolicy: 'Always' }),
      /imagePullPolicy: Always.*IfNotPresent|podstrap brings/,
    ],
    ['no image at all', pod({}, { image: 'Not An Image' }), /names no image/],
    ['a mount of nothing', pod({}, { volumeMounts: [{ name: 'x', mountPath: '/x' }] }), /no volume "x"/],
    [
      'a mount where files are',
      pod(
        { volumes: [{ name: 'x', emptyDir: {} }] },
        { volumeMounts: [{ name: 'x', mountPath: '/etc/web/' }] },
      ),
      /\/etc\/web, where something is mounted already/,
    ],
    [
      'a volume of two kinds',
      pod({ volumes: [{ name: 'x', emptyDir: {}, hostPath: { path: '/x' } }] }),
      /several types/,
    ],
    [
      'a probe that asks nothing',
      pod({}, { livenessProbe: { periodSeconds: 5 } }),
      /livenessProbe: a probe that asks nothing/,
    ],
    [
      'two host ports for one',
      pod({ hostNetwork: true }, { ports: [{ containerPort: 80, hostPort: 81 }] }),
      /hostPort: another port/,
    ],
    ['a class that nobody looks up', pod({ priorityClassName: 'mine' }), /mine, which no API looks up/],
  ])('%s', (_, value, said) => {
    const found = complaints(value);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(said);
  });

  test('a name that gets too long with that of its host', () => {
    const long = { ...around, name: 'w'.repeat(200), hosts: ['h'.repeat(60)] };
    expect(complaints(pod(), long).join()).toMatch(/which is too long; at most 253/);
  });

  test('a file for a container that is not there', () => {
    const files = [{ path: '/etc/web/x', containers: ['wbe'] }];
    expect(complaints(pod(), { ...around, files })).toEqual([
      'spec.containers: no container wbe, which is to see /etc/web/x; did you mean "web"?',
    ]);
  });

  test('of a pod without a readiness probe it is said what its gate is', () => {
    const [one, ...more] = judgePod(pod({}, { readinessProbe: undefined }), around);
    expect(more).toEqual([]);
    expect(one).toMatchObject({ severity: 'warning', found: expect.stringMatching(/its containers run/) });
    expect(judgePod(pod({ restartPolicy: 'Never' }, { readinessProbe: undefined }), around)).toEqual([]);
  });
});

describe('fields are those of the very minor', () => {
  const isUnknown = (value: unknown, minor: number) =>
    complaints(value, { ...around, minor }).some((text) => text.includes('unknown field'));
  test.each<[string, unknown, readonly number[]]>([
    ['a field of all', pod({ hostNetwork: true }), [34, 35, 36, 37]],
    ['workloadRef', pod({ workloadRef: { name: 'a', podGroup: 'b' } }), [35]],
    ['schedulingGroup', pod({ schedulingGroup: { podGroupName: 'a' } }), [36, 37]],
    [
      'defaultUser of a downwardAPI volume',
      pod({ volumes: [{ name: 'a', downwardAPI: { items: [], defaultUser: 1 } }] }),
      [37],
    ],
    ['mode of an emptyDir', pod({ volumes: [{ name: 'a', emptyDir: { mode: 448 } }] }), [37]],
    ['a field of none', pod({ hostNetwrk: true }), []],
  ])('%s', (_, value, known) => {
    expect([34, 35, 36, 37].filter((minor) => !isUnknown(value, minor))).toEqual(known);
  });
});
