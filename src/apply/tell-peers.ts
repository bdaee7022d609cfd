import type { Step } from '../plan/step.js';
import { type Crew, checkpoint, comesLater, stepsOf, takeSteps } from './crew.js';
import { onHosts, stage } from './stage.js';

/**
 * Brings what hosts know of one another to all that run, at once: nothing restarts, so no host needs a turn of its own,
 * and those that are about to join find the way prepared.
 * @returns the steps that are left
 */
export async function tellPeers(
  crew: Crew,
  steps: readonly Step[],
  hosts: readonly string[],
): Promise<readonly Step[]> {
  const takers = hosts.filter((host) => stepsOf(steps, host, 'peers').length > 0 && !comesLater(steps, host));
  if (takers.length === 0) return steps;
  checkpoint(crew, 'telling hosts of one another');
  await stage(crew.session, 'peers', () =>
    onHosts(crew.session, 'peers', takers, async (host) => {
      const own = stepsOf(steps, host, 'peers');
      await takeSteps(crew, host, own);
      return `${own.length} steps`;
    }),
  );
  return steps.filter(({ host, phase }) => phase !== 'peers' || !takers.includes(host));
}
