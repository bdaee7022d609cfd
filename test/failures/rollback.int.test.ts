import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writtenFiles } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1, {
    spec: { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '2m' } },
  });
  await world.converge();
});
afterAll(() => world.close());

const change = (spec: Spec) => {
  spec.apiServer = { extraArgs: [{ name: 'event-ttl', value: '4h' }] };
  spec.kubelet = { config: { maxPods: 77 } };
};

const files = () => writtenFiles(world.site);

const generation = (host: string): readonly string[] =>
  readFileSync(join(world.site.host(host).root, '/var/lib/podstrap/generation'), 'utf8')
    .trim()
    .split(' ');

it('an earlier state comes back byte for byte; plan shows the change coming back, and up brings it', async () => {
  const before = await files();
  const [first] = generation('cp-1');
  await world.edit(change);
  await world.converge();
  const after = await files();
  expect(after).not.toEqual(before);

  expectEnd(await world.podstrap(['rollback']), 64, 'podstrap rollback --yes');
  expect(await files()).toEqual(after);
  expectEnd(
    await world.podstrap(['rollback', '--yes']),
    0,
    /^\d+ changes? on \d+ hosts?; /m,
    'shows what the inventory would bring back',
  );
  expect(await files()).toEqual(before);
  expect(generation('w-1')[1]).toBe(first);

  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    `the hosts were rolled back to run ${first}`,
    '+    - --event-ttl=4h',
  );
  expectEnd(await world.podstrap(['rollback', first!, '--yes']), 0, `as after run ${first}`);
  await world.converge();
  expect(await files()).toEqual(after);
  const [last] = generation('cp-1');

  expectEnd(
    await world.podstrap(['history', '--hosts']),
    0,
    /up +\d+ +done/,
    `rollback to ${first}`,
    `w-1: at ${last}; keeps ${first}, `,
  );
  expectEnd(await world.podstrap(['history', 'show', last!]), 0, 'switch static pod kube-apiserver');
});

it('a run that no host keeps is refused before anything is touched', async () => {
  const before = await files();
  const unfinished = readdirSync(join(world.state, 'runs')).sort().at(-1)!.replace('.jsonl', '');
  expectEnd(
    await world.podstrap(['rollback', unfinished, '--yes']),
    1,
    'no host keeps its generation: it never finished',
    'All of them keep ',
  );
  expect(await files()).toEqual(before);
});
