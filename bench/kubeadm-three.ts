import { readFile } from 'node:fs/promises';
import { kubeadmInit, kubeadmJoin } from '../test/lab/kubeadm.js';
import type { LabGround } from './lab-ground.js';
import { processorWatch, stopwatch } from './stopwatch.js';

/**
 * Three control planes by kubeadm, one after another, as it must. Both sides get their kubeconfig in the measured time:
 * kubeadm leaves it on the host, whence it is read here.
 * @returns seconds until the first was there, and until all were, and the processor seconds that this took
 */
export async function kubeadmThree({ lab, theirs }: LabGround): Promise<{
  readonly init: number;
  readonly all: number;
  readonly processors: { readonly init: number; readonly all: number };
}> {
  const [first, ...others] = theirs.map(({ name }) => name) as [string, ...string[]];
  const [seconds, processors] = [stopwatch(), processorWatch()];
  const ticket = await kubeadmInit(lab, first);
  await readFile(lab.path(first, '/etc/kubernetes/admin.conf'));
  const [init, used] = [seconds(), processors()];
  for (const host of others) await kubeadmJoin(lab, host, ticket);
  return { init, all: seconds(), processors: { init: used, all: processors() } };
}
