import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectEnd, startWorld, type World } from '../failures/world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1);
});
afterAll(() => world.close());

/** What is sent goes on beside all else. */
const isSent = (step: string): boolean => /^(install|import) /.test(step);

/** Host → what a plan says that it does, in the order of the text. */
function shownOn(text: string): ReadonlyMap<string, readonly string[]> {
  const shown = new Map<string, string[]>();
  let host = '';
  for (const line of text.split('\n')) {
    host = /^ {2}(\S+)$/.exec(line)?.[1] ?? /^(?:\d+\. )?([a-z]+-\d)(?:[,:]|$)/.exec(line)?.[1] ?? host;
    if (/^(\d+\. )?API objects/.test(line)) host = '';
    const [, step] = /^ {4}[+~-] (.*?) {2}\(/.exec(line) ?? [];
    if (step !== undefined && !isSent(step)) shown.set(host, [...(shown.get(host) ?? []), step]);
  }
  return shown;
}

/** The same of what the last run did. */
async function takenOn(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { items } = JSON.parse((await world.podstrap(['history', '-o', 'json'])).stdout) as {
    items: readonly { run: string }[];
  };
  const told = await world.podstrap(['history', 'show', items.at(-1)!.run, '-o', 'json']);
  const { steps } = JSON.parse(told.stdout) as { steps: readonly { host: string; step: string }[] };
  const taken = new Map<string, string[]>();
  for (const { host, step } of steps.filter((one) => !isSent(one.step)))
    taken.set(host, [...(taken.get(host) ?? []), step]);
  return taken;
}

test.each([
  ['the first start', () => undefined],
  [
    'a change of a live cluster',
    // biome-ignore lint/suspicious/noExplicitAny: a document as a user would edit it
    (spec: any) => {
      spec.kubelet = { config: { maxPods: 99 } };
      spec.apiServer = { extraArgs: [{ name: 'v', value: '3' }] };
      spec.etcd = { local: { extraArgs: [{ name: 'quota-backend-bytes', value: '3000000000' }] } };
    },
  ],
])('hosts take their steps in the order in which the plan shows them: %s', async (_what, change) => {
  await world.edit(change);
  const plan = await world.podstrap(['plan', '-v']);
  expectEnd(plan, 0);
  const shown = shownOn(plan.stdout);
  const ended = await world.up();
  expectEnd(ended, 0);
  expect(ended.stdout).toMatch(/\d+ changes on 2 hosts; .*\n[\s\S]*Done: /);
  const taken = await takenOn();
  for (const host of ['cp-1', 'w-1']) expect(taken.get(host), host).toEqual(shown.get(host));
  const { stdout } = await world.podstrap(['history']);
  const run = stdout.trim().split('\n').at(-1)!.split(' ')[0]!;
  expect((await world.podstrap(['history', 'show', run])).stdout).not.toContain('not done');
});
