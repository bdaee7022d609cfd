import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lockstep, lockstep } from './lockstep.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

/** Round trips of `plan` of three control planes to which nothing is to be done; a connection's first one, TCP's, is not counted. */
const most = 9;

/**
 * Of practice hosts only: there, the start of a unit changes the ctime of its program, which is therefore read again. That
 * takes the opening of a channel, the start of a shell in it, and its answer.
 */
const ofPractice = 3;

/** A busy machine can only add to what is counted. */
const tries = 3;

let world: World;
let line: Lockstep;
beforeAll(async () => {
  world = await startWorld(3);
  line = lockstep();
});
afterAll(async () => {
  line.close();
  await world.close();
});

it(`plan asks no host for anything that it could have asked before: it takes at most ${most} round trips`, async () => {
  expectEnd(await world.up(), 0);
  const ports: number[] = [];
  await world.edit(({ hosts }) => ports.push(...hosts.map((host: Spec) => host.ssh.port)));
  const longer = new Map(
    await Promise.all(ports.map(async (port) => [port, await line.through(port)] as const)),
  );
  await world.edit(({ hosts }) => {
    for (const { ssh } of hosts) ssh.port = longer.get(ssh.port);
  });
  const counted: number[] = [];
  for (let tried = 0; tried < tries; tried++) {
    const before = line.arrivals();
    expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0, 'Nothing to do');
    counted.push((line.arrivals() - before) / 2 - ofPractice);
    if (counted.at(-1)! <= most) return;
  }
  expect(Math.min(...counted), String(counted)).toBeLessThanOrEqual(most);
});
