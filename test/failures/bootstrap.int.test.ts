import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunEvent } from '../../src/events.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1);
});
afterAll(() => world.close());

it('a control plane starts before images are there that only pods of the API need, and those pods come after them', async () => {
  const ended = await world.podstrap(['up', '--yes', '-o', 'json']);
  expectEnd(ended, 0);
  const events = ended.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunEvent);
  const prepared = events.flatMap((event) =>
    event.event === 'host-done' && event.stage === 'prepare' ? [event.did] : [],
  );
  // Of a control plane: pause, etcd and three more; of a worker: pause and its balancer. kube-proxy and CoreDNS follow.
  expect(prepared.map((did) => did.replace(/.*settings, /, '')).sort()).toEqual([
    '2 images, 2 more follow',
    '5 images, 2 more follow',
  ]);
  const steps = events.flatMap((event) => (event.event === 'step' ? [event.step] : []));
  expect(steps.filter((step) => step.startsWith('import '))).toHaveLength(11);
  const last = steps.findLastIndex((step) => step.startsWith('import '));
  expect(last).toBeLessThan(steps.findIndex((step) => step.startsWith('create DaemonSet ')));
  // Before there is an API server a kubelet only makes pauses that grow, and its balancer has nobody to lead to.
  const kubelets = events.flatMap((event) =>
    event.event === 'step' && event.step === 'start kubelet.service' ? [event.host] : [],
  );
  expect(kubelets).toEqual(['cp-1', 'w-1']);
  await world.converge();
});
