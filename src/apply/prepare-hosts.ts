import type { Step } from '../plan/step.js';
import { type Crew, checkpoint, stepsOf, takeSteps } from './crew.js';
import { artifactsFor, withRelay } from './relay.js';
import { onHosts, stage } from './stage.js';
import { isTransfer, takeTransfers, transfersOf } from './transfers.js';

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
  const transfersTo = (host: string) => transfersOf(crew, stepsOf(steps, host, 'binaries', 'images'));
  await stage(crew.session, 'prepare', () =>
    withRelay(crew, artifactsFor(preparing, transfersTo), (relaying) => prepare(relaying, steps, preparing)),
  );
}

function prepare(crew: Crew, steps: readonly Step[], hosts: readonly string[]): Promise<void> {
  return onHosts(crew.session, 'prepare', hosts, async (host) => {
    const binaries = stepsOf(steps, host, 'binaries');
    const node = stepsOf(steps, host, 'node');
    const images = stepsOf(steps, host, 'images');
    await takeTransfers(crew, host, [...binaries, ...images], async () => {
      checkpoint(crew, `preparing ${host}`);
      // Images are on their way while containerd is started, which takes them.
      await takeSteps(crew, host, [...binaries.filter((step) => !isTransfer(step)), ...node]);
    });
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
  });
}
