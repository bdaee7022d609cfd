import { expect, test } from 'vitest';
import { checkNamespace } from '../../src/check/check-objects.js';
import { judgeLeftover, removeLeftovers, removeNamespace } from '../../src/check/own-namespace.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { type ProcessIdentity, thisProcess } from '../../src/operator/process-identity.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { fakeChecking } from './fake-checking.js';

const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] });
const network = () => ({ wrong: 'nobody asks' });
const made = (name: string, by: ProcessIdentity, minutesAgo: number): ApiObject => {
  const object = checkNamespace(name, by);
  const time = new Date(Date.UTC(2026, 0, 1) - minutesAgo * 60_000).toISOString();
  return { ...object, metadata: { ...object.metadata, creationTimestamp: time } };
};
const here = thisProcess();
const other = { ...here, host: 'another machine' };

test('only namespaces of checks that are dead are removed', async () => {
  const objects = [
    made('of-this-process', here, 1),
    made('of-a-dead-one', { ...here, started: 'another boot' }, 1),
    made('of-another-machine', other, 1),
    made('of-another-machine-long-ago', other, 60),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', creationTimestamp: '2020-01-01' } },
  ];
  const { checking, objects: left } = fakeChecking({ inventory, network, objects });
  expect(await removeLeftovers([...checking.kubes.values()][0]!, checking.now())).toBeUndefined();
  expect([...left.keys()]).toEqual([
    'Namespace of-this-process',
    'Namespace of-another-machine',
    'Namespace default',
  ]);
});

test.each(['null', '5', '{', '{"pid":"x","host":1}', '{"pid":-1}'])(
  'whoever writes %s into one as its maker ends no check',
  async (text) => {
    const own = made('forged', other, 1);
    const annotations = Object.fromEntries(
      Object.keys(own.metadata['annotations'] as object).map((name) => [name, text]),
    );
    const forged = { ...own, metadata: { ...own.metadata, annotations } };
    const { checking, objects: left } = fakeChecking({ inventory, network, objects: [forged] });
    await removeLeftovers([...checking.kubes.values()][0]!, checking.now());
    expect([...left.keys()]).toEqual(['Namespace forged']);
  },
);

test('a namespace that was removed long ago and outlives a check is told', async () => {
  const removed = (name: string, minutesAgo: number): ApiObject => {
    const object = made(name, other, minutesAgo);
    const { creationTimestamp: deletionTimestamp } = object.metadata as { creationTimestamp?: string };
    return { ...object, metadata: { ...object.metadata, deletionTimestamp } };
  };
  const objects = [removed('just-now', 0), removed('stuck', 5)];
  const { checking, objects: left } = fakeChecking({ inventory, network, objects });
  const kube = [...checking.kubes.values()][0]!;
  const leftover = await removeLeftovers(kube, checking.now());
  expect(await judgeLeftover(kube, leftover)).toMatchObject({
    result: 'failed',
    said: 'the namespace stuck of an earlier check is still there',
  });
  left.delete('Namespace stuck');
  expect(await judgeLeftover(kube, leftover)).toBeUndefined();
});

test('the namespace goes with its pods', async () => {
  const namespace = 'podstrap-check-1';
  const objects = [
    made(namespace, here, 0),
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'check-cp-1', namespace } },
    { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'check', namespace } },
  ];
  const { checking, objects: left } = fakeChecking({ inventory, network, objects });
  const kube = [...checking.kubes.values()][0]!;
  await removeNamespace(kube, namespace, checking.signal);
  expect([...left.keys()]).toEqual([]);
});
