import { expect, it } from 'vitest';
import { upKilledAfter, upWithPowerCut } from './interrupted.js';
import type { LivingCluster } from './living-cluster.js';
import { everyManifest } from './manifests.js';
import { randomFrom } from './random.js';

export const seed = Number(process.env.LAB_SEED ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Tests that a roll-out which is interrupted anywhere leaves a manifest of every component on every disk, and that `up`
 * then finishes it.
 * @param cluster,seconds what an earlier test has made: the cluster, and how long an undisturbed roll-out takes
 * @param counts how many times the operator is killed, and a host's power cut: at points in equal parts of that time
 */
export function testInterruptions(
  names: readonly string[],
  cluster: () => LivingCluster,
  seconds: () => number,
  counts: { readonly kills: number; readonly cuts: number },
): void {
  const random = randomFrom(seed);
  const points = (count: number) => Array.from({ length: count }, (_, index) => (index + random()) / count);

  it.for(points(counts.kills))('is finished after the operator was killed at %f of its time', async (at) => {
    const { operator, change, manifests, converge } = cluster();
    await change();
    const said = await upKilledAfter(operator, at * seconds());
    console.log(`killed after ${(at * seconds()).toFixed(1)} s; its last words: ${said}`);
    expect(await manifests()).toHaveLength(names.length);
    await converge();
  });

  const cuts = points(counts.cuts).map((at) => [at, names[Math.floor(random() * names.length)]!] as const);
  it.for(cuts)('is finished after a power cut at %f of its time on %s', async ([at, name]) => {
    const { lab, operator, change, converge } = cluster();
    await change();
    const said = await upWithPowerCut(lab, operator, name, at * seconds());
    console.log(`power cut after ${(at * seconds()).toFixed(1)} s; the last words before it: ${said}`);
    // The disk of a host without power, and of the same one after its boot.
    await everyManifest(lab, name);
    await lab.start(name);
    await everyManifest(lab, name);
    await converge();
  });
}
