import { expect, test } from 'vitest';
import type { Checking } from '../../src/check/checking.js';
import { awaitPods, makePods } from '../../src/check/start-pods.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { fakeChecking } from './fake-checking.js';

const namespace = 'podstrap-check-1';
const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), controlPlane(2)] });
const account: ApiObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'default', namespace },
};
const podOn = (node: string, status: object): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `check-${node}`, namespace },
  spec: { nodeName: node },
  status,
});
const ready = (...ips: string[]) => ({
  conditions: [{ type: 'Ready', status: 'True' }],
  podIPs: ips.map((ip) => ({ ip })),
});
const startPods = async (checking: Checking, nodes: readonly string[]) =>
  awaitPods(checking, nodes, await makePods(checking));
const network = () => ({ wrong: 'nobody asks' });

test('pods are made for all nodes, of what every host has, and their addresses are told', async () => {
  const pods = [podOn('cp-1', ready('10.244.0.5', 'fd00::5')), podOn('cp-2', ready('10.244.1.5'))];
  const { checking, objects } = fakeChecking({ inventory, network, objects: [account, ...pods] });
  const started = await startPods(checking, ['cp-1', 'cp-2']);
  expect(started.results.map(({ node, result }) => [node, result])).toEqual([
    ['cp-1', 'ok'],
    ['cp-2', 'ok'],
  ]);
  expect(started.pods.map(({ name, addresses }) => [name, addresses])).toEqual([
    ['check-cp-1', ['10.244.0.5', 'fd00::5']],
    ['check-cp-2', ['10.244.1.5']],
  ]);
  const set = JSON.stringify(objects.get(`DaemonSet ${namespace}/check`));
  expect(set).toContain('"image":"registry.k8s.io/pause:');
  expect(set).toContain('"imagePullPolicy":"Never"');
  expect(set).toContain('"tolerations":[{"operator":"Exists"}]');
  expect(set).toContain('"values":["cp-1"]');
  expect(set).toContain('"values":["cp-2"]');
});

test('without a service account nothing is made, and it is said of every node', async () => {
  const { checking, objects } = fakeChecking({ inventory, network });
  const { pods, results } = await startPods(checking, ['cp-1', 'cp-2']);
  expect(pods).toEqual([]);
  for (const one of results) {
    expect(one).toMatchObject({ result: 'failed', said: 'its namespace got no service account' });
    expect(one.next).toContain('kube-controller-manager');
  }
  expect(objects.size).toBe(0);
});

test('a pod that its kubelet refuses is told with what the kubelet said', async () => {
  const refused = podOn('cp-1', {
    phase: 'Failed',
    reason: 'Evicted',
    message: 'Pod was rejected: The node had condition: [DiskPressure].',
  });
  const { checking } = fakeChecking({ inventory, network, objects: [account, refused] });
  const { pods, results } = await startPods(checking, ['cp-1']);
  expect(pods).toEqual([]);
  expect(results[0]).toMatchObject({
    result: 'failed',
    said: 'its pod has failed: Evicted: Pod was rejected: The node had condition: [DiskPressure].',
  });
});

test('a pod that is on its way out is not taken for the one that takes its place', async () => {
  const leaving = podOn('cp-1', ready('10.244.0.5'));
  const gone = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const made = podOn('cp-1', ready('10.244.0.6'));
  const next = { ...made, metadata: { ...made.metadata, name: 'check-next' } };
  const { checking } = fakeChecking({ inventory, network, objects: [account, gone, next] });
  const { pods } = await startPods(checking, ['cp-1']);
  expect(pods.map(({ name, addresses }) => [name, addresses])).toEqual([['check-next', ['10.244.0.6']]]);
});
