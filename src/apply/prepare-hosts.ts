import type { Step } from '../plan/step.js';
import { type Crew, checkpoint, isTransfer, stepsOf, takeSteps, takeTransfers } from './crew.js';
import { onHosts, stage } from './stage.js';

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/**
 * Brings hosts to where a control plane can start: binaries, kernel, containerd, images. Every host goes at its own
 * pace: nothing here needs the others.
 */
export async function prepareHosts(
  crew: Crew,
  steps: readonly Step[],
  hosts: readonly string[],
): Promise<void> {
  const preparing = hosts.filter((host) => stepsOf(steps, host, 'binaries', 'node', 'images').length > 0);
  if (preparing.length === 0) return;
  await stage(crew.session, 'prepare', () =>
    onHosts(crew.session, 'prepare', preparing, async (host) => {
      const binaries = stepsOf(steps, host, 'binaries');
      const node = stepsOf(steps, host, 'node');
      const images = stepsOf(steps, host, 'images');
      await takeTransfers(crew, host, binaries.filter(isTransfer));
      checkpoint(crew, `preparing ${host}`);
      await takeSteps(crew, host, [...binaries.filter((step) => !isTransfer(step)), ...node]);
      await takeTransfers(crew, host, images.filter(isTransfer));
      await takeSteps(
        crew,
        host,
        images.filter((step) => !isTransfer(step)),
      );
      return [
        count(binaries.length, 'binary file'),
        count(node.length, 'setting'),
        count(images.length, 'image'),
      ].join(', ');
    }),
  );
}
