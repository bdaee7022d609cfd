import { expect, test } from 'vitest';
import { startPods } from '../../src/check/start-pods.js';
import type { ApiObject } from '../../src/desired/resource.js';
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
const network = () => ({ wrong: 'nobody asks' });

test('pods are made for the nodes that are asked for, of what every host has, and their addresses are told', async () => {
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
