import { describe, expect, test } from 'vitest';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { lookAtWorkload, podSelectorOf } from '../../src/verify/workload.js';

const object = (kind: string, spec: object, status: object, generation = 1): ApiObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', namespace: 'shop', generation },
  spec,
  status: { observedGeneration: 1, ...status },
});
const pod = (status: object, nodeName = 'w-1'): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1' },
  spec: { nodeName },
  status,
});
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const condition = (type: string, status: string, reason = '', message = '') => ({
  conditions: [{ type, status, reason, message }],
});
const look = (one: ApiObject | undefined, pods: readonly ApiObject[] = [], away: readonly string[] = []) =>
  lookAtWorkload(one, pods, new Set(away));

test.each<readonly [string, ApiObject, string]>([
  [
    'a Deployment whose pods run',
    object('Deployment', { replicas: 2 }, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }),
    'well',
  ],
  ['one of none', object('Deployment', { replicas: 0 }, {}), 'well'],
  ['one that nobody has looked at since it changed', object('Deployment', { replicas: 0 }, {}, 2), 'missing'],
  [
    'one with an old pod left',
    object('Deployment', {}, { replicas: 2, updatedReplicas: 1, availableReplicas: 2 }),
    'missing',
  ],
  [
    'one that has given up',
    object('Deployment', {}, condition('Progressing', 'False', 'ProgressDeadlineExceeded')),
    'failed',
  ],
  [
    'a StatefulSet',
    object('StatefulSet', { replicas: 3 }, { readyReplicas: 3, currentRevision: 'a', updateRevision: 'a' }),
    'well',
  ],
  [
    'one that rolls',
    object(
      'StatefulSet',
      { replicas: 3 },
      { readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    ),
    'missing',
  ],
  [
    'one that rolls when its pods are deleted',
    object(
      'StatefulSet',
      { replicas: 3, updateStrategy: { type: 'OnDelete' } },
      { readyReplicas: 3, currentRevision: 'a', updateRevision: 'b' },
    ),
    'well',
  ],
  [
    'a DaemonSet',
    object('DaemonSet', {}, { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 }),
    'well',
  ],
  [
    'one that rolls',
    object('DaemonSet', {}, { desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 }),
    'missing',
  ],
  ['a Job that is done', object('Job', {}, condition('Complete', 'True')), 'well'],
  ['a Job that failed', object('Job', {}, condition('Failed', 'True', 'BackoffLimitExceeded')), 'failed'],
  [
    'a definition that is served',
    object('CustomResourceDefinition', {}, condition('Established', 'True')),
    'well',
  ],
  ['one that is not', object('CustomResourceDefinition', {}, {}), 'missing'],
  [
    'one whose names are taken',
    object('CustomResourceDefinition', {}, condition('NamesAccepted', 'False')),
    'failed',
  ],
])('%s', (_name, one, is) => {
  expect(look(one).is).toBe(is);
});

describe('what is missing', () => {
  const deployment = object('Deployment', {}, { replicas: 1, updatedReplicas: 1 });

  test('is told with what the pods say', () => {
    const waiting = pod({
      containerStatuses: [
        {
          name: 'web',
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
          lastState: { terminated: { exitCode: 2, reason: 'Error' } },
        },
      ],
    });
    expect(look(deployment, [waiting])).toEqual({
      is: 'missing',
      said: '0 of 1 pods run as wanted; pod web-1: web waits: CrashLoopBackOff: back-off 10s (ended with 2, Error)',
      unschedulable: false,
    });
  });

  test('is no old pod that runs until a new one takes its place', () => {
    const rolling = object('Deployment', {}, { replicas: 2, updatedReplicas: 1, availableReplicas: 1 });
    expect(look(rolling)).toMatchObject({ said: '0 of 1 pods run as wanted' });
  });

  test('may be what no node takes', () => {
    const homeless = pod(condition('PodScheduled', 'False', 'Unschedulable', '0/1 nodes are available'));
    expect(look(deployment, [homeless])).toMatchObject({ unschedulable: true });
    expect(look(deployment, [homeless, pod({})])).toMatchObject({ unschedulable: false });
  });

  test('does not count on hosts that are away', () => {
    const set = object(
      'DaemonSet',
      {},
      { desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 1 },
    );
    const pods = [pod(ready, 'cp-1'), pod({}, 'w-1')];
    expect(look(set, pods, ['w-1']).is).toBe('well');
    expect(look(set, pods).is).toBe('missing');
  });
});

test('pods are found by the labels that their object selects, or that Jobs give them', () => {
  const selector = { matchLabels: { app: 'web', tier: 'front' } };
  expect(podSelectorOf(object('Deployment', { selector }, {}))).toBe('app=web,tier=front');
  expect(podSelectorOf(object('Job', {}, {}))).toBe('batch.kubernetes.io/job-name=web');
  expect(podSelectorOf(object('CustomResourceDefinition', {}, {}))).toBeUndefined();
});
