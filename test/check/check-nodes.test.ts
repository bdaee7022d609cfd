import { describe, expect, test } from 'vitest';
import { checkNodes } from '../../src/check/check-nodes.js';
import { checkPods } from '../../src/check/check-pods.js';
import { ofPods } from '../../src/check/check-report.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { fakeChecking } from './fake-checking.js';

const node = (name: string, status?: string, message = ''): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { conditions: status === undefined ? [] : [{ type: 'Ready', status, message }] },
});
const checkingOf = (plugin: 'routes' | 'none', objects: readonly ApiObject[]) => {
  const inventory = inventoryOf({
    kubernetesVersion: 'v1.36.3',
    networking: { plugin },
    hosts: [controlPlane(1), controlPlane(2)],
  });
  return fakeChecking({ inventory, objects, network: () => ({ wrong: 'nobody asks' }) }).checking;
};
const found = async (plugin: 'routes' | 'none', ...objects: readonly ApiObject[]) =>
  (await checkNodes(checkingOf(plugin, objects))).map(({ node: name, result, said }) => [name, result, said]);

describe('a node', () => {
  test('is there and ready, or it is said what is missing', async () => {
    expect(await found('routes', node('cp-1', 'True'), node('other', 'True'))).toEqual([
      ['cp-1', 'ok', undefined],
      ['cp-2', 'failed', 'it is not a node of the cluster'],
    ]);
    expect(
      await found('routes', node('cp-1', 'False', 'cni is not there'), node('cp-2', 'Unknown', 'stopped')),
    ).toEqual([
      ['cp-1', 'failed', 'the node is not ready: cni is not there'],
      ['cp-2', 'failed', 'the node has not been heard from for a while: stopped'],
    ]);
    expect((await found('routes', node('cp-1'), node('cp-2', 'True')))[0]).toEqual([
      'cp-1',
      'failed',
      'its kubelet has not reported to the API yet',
    ]);
  });

  test('without a network of podstrap’s is skipped only while no node has one', async () => {
    const unconnected = [node('cp-1', 'False'), node('cp-2', 'False')];
    expect((await found('none', ...unconnected)).map(([, result]) => result)).toEqual(['skipped', 'skipped']);
    expect(
      (await found('none', node('cp-1', 'True'), node('cp-2', 'False'))).map(([, result]) => result),
    ).toEqual(['ok', 'failed']);
  });
});

test('of a node that is not ready, all that is asked of pods is as its node is', async () => {
  const checking = checkingOf('none', [node('cp-1', 'False'), node('cp-2', 'False')]);
  const results = await checkPods(checking, await checkNodes(checking), Promise.resolve(undefined), {});
  expect(results.map(({ check, result }) => [check, result])).toEqual(
    [...ofPods, ...ofPods].map((check) => [check, 'skipped']),
  );
});
