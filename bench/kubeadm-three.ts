import { readFile } from 'node:fs/promises';
import { kubeadmInit, kubeadmJoin } from '../test/lab/kubeadm.js';
import type { LabGround } from './lab-ground.js';
import { stopwatch } from './stopwatch.js';

/**
 * Three control planes by kubeadm, one after another, as it must. Both sides get their kubeconfig in the measured time:
 * kubeadm leaves it on the host, whence it is read here.
 * @returns seconds until the first was there, and until all were
 */
export async function kubeadmThree({ lab, theirs }: LabGround): Promise<{ init: number; all: number }> {
  const [first, ...others] = theirs.map(({ name }) => name) as [string, ...string[]];
  const seconds = stopwatch();
  const ticket = await kubeadmInit(lab, first);
  await readFile(lab.path(first, '/etc/kubernetes/admin.conf'));
  const init = seconds();
  for (const host of others) await kubeadmJoin(lab, host, ticket);
  return { init, all: seconds() };
}
