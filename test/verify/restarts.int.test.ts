import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StaticPodResource } from '../../src/desired/resource.js';
import { countRestarts, restartsFromNow } from '../../src/verify/restarts.js';
import { makeWorld, type World } from '../apply/world.js';

const name = 'kube-apiserver';
const pods = [{ name } as StaticPodResource];

let at: World;
let clock: number;
beforeEach(() => {
  at = makeWorld();
  clock = 1_700_000_000;
});
afterEach(() => at.dispose());

/** A container of the pod with this UID begins to write. */
const starts = (uid: string, number: number) => {
  const path = `/var/log/pods/kube-system_${name}-cp-1_${uid}/${name}/${number}.log`;
  at.write(path, '');
  clock += 10;
  utimesSync(join(at.root, path), clock, clock);
};
const begin = () => restartsFromNow(at.transport, pods);
const ended = async (count: Awaited<ReturnType<typeof begin>>) => (await count()).get(name);

test('a pod that goes on is counted from now', async () => {
  starts('a', 0);
  starts('a', 1);
  const count = await begin();
  expect(await ended(count)).toBe(0);
  starts('a', 2);
  expect(await ended(count)).toBe(1);
});

test('a pod of another revision is counted from its beginning', async () => {
  starts('a', 4);
  const count = await begin();
  starts('b', 0);
  expect(await ended(count)).toBe(0);
  starts('b', 1);
  expect(await ended(count)).toBe(1);
});

test('a pod that is back with an earlier revision has not ended because it did so then', async () => {
  starts('a', 0);
  starts('a', 1);
  starts('b', 0);
  const count = await begin();
  starts('a', 2);
  expect(await ended(count)).toBe(0);
  starts('a', 3);
  expect(await ended(count)).toBe(1);
});

test('of all of them the one that wrote last is told, and none where nothing was written', async () => {
  expect(await countRestarts(at.transport, pods)).toEqual(new Map([[name, 0]]));
  starts('a', 3);
  starts('b', 1);
  expect(await countRestarts(at.transport, pods)).toEqual(new Map([[name, 1]]));
});
