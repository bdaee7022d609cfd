import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  // A real kubelet takes seconds, too, so that a look may come before its pods.
  world = await startWorld(3, 1, { pace: { wake: 3_000 } });
  await world.converge();
});
afterAll(() => world.close());

it('pods that kubelets are about to start after a boot are waited for, and nothing is done for them', async () => {
  for (const host of ['cp-2', 'w-1']) await world.site.powerCut(host);
  for (const host of ['cp-2', 'w-1']) await world.site.powerOn(host);
  const up = await world.podstrap(['up', '--yes', '-o', 'json']);
  expectEnd(up, 0, '"event":"result","steps":0');
  for (const host of ['cp-2', 'w-1'])
    expect(up.stdout).toMatch(
      new RegExp(`"host":"${host}","stage":"look","for":"its static pods: the kubelet started \\d+ s ago"`),
    );
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
});
