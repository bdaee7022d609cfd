import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type CheckReport, checkKinds, ofPods } from '../../src/check/check-report.js';
import { expectEnd, startWorld, type World } from './world.js';

/** Practice hosts run static pods only: nothing that asks a pod can be well here; the lab shows the rest. */
let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1);
  const ended = await world.up();
  expectEnd(ended, 0);
  expect(ended.stdout).toContain('podstrap check');
  // The kubelet of a worker registers once there is an API server, and `up` does not wait for it.
  const isNode = ({ checks }: CheckReport) =>
    checks.some(({ check: name, node, result }) => name === 'node' && node === 'w-1' && result === 'ok');
  await vi.waitUntil(async () => isNode(await check(1)), { timeout: 60_000 });
});
afterAll(() => world.close());

const check = async (code: number, ...args: string[]): Promise<CheckReport> => {
  const ended = await world.podstrap(['check', '-o', 'json', '--wait', '1s', ...args]);
  expect(ended.code).toBe(code);
  return JSON.parse(ended.stdout) as CheckReport;
};
const unwell = ({ checks }: CheckReport) =>
  checks
    .filter(({ result }) => result !== 'ok')
    .map(({ check: name, node, result }) => `${name} ${node ?? ''} ${result}`);
const everyPod = (result: string) =>
  ofPods.flatMap((name) => ['cp-1', 'w-1'].map((node) => `${name} ${node} ${result}`));

it('names each check, tells what cannot be asked of practice hosts, and does not pass them', async () => {
  const report = await check(1);
  expect(report).toMatchObject({ kind: 'CheckReport', cluster: 'practice', ok: false });
  expect([...new Set(report.checks.map((one) => one.check))]).toEqual(checkKinds.map(({ name }) => name));
  expect(unwell(report)).toEqual(['disruption-budget  skipped', ...everyPod('skipped')]);
  const said = report.checks.find((one) => one.check === 'pod' && one.node === 'cp-1');
  expect(said).toMatchObject({ said: expect.stringContaining('can only be asked on real hosts') });
});

it('prints a table with reasons and what to do', async () => {
  const ended = await world.podstrap(['check', '--wait', '1s']);
  expectEnd(ended, 1);
  expect(ended.stdout).toMatch(/✔ clock +cp-1, w-1 .* ok/);
  expect(ended.stdout).toMatch(/- pod +cp-1, w-1 .* skipped\n +practice hosts run no pods/);
  expect(ended.stdout).toMatch(/practice: whether it runs pods was not asked, 12 passed, 17 skipped/);
});

it('finds a clock that is off', async () => {
  world.site.faults('w-1').clock(600);
  expect(unwell(await check(1))).toContain('clock w-1 failed');
  world.site.faults('w-1').clear();
});

it('goes on without a host that is not reached', async () => {
  await world.site.powerCut('w-1');
  const told = unwell(await check(1));
  expect(told).toEqual(
    expect.arrayContaining(['host w-1 failed', 'clock w-1 skipped', 'certificates w-1 skipped']),
  );
  expect(told).not.toContain('node cp-1 failed');
  await world.site.powerOn('w-1');
});
