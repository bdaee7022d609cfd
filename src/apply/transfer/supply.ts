import { blobsOf } from '../../desired/artifact.js';
import { isTransfer, type Step } from '../../plan/step.js';
import { stepsOn } from '../../plan/steps-on.js';
import type { Wave } from '../../plan/waves/wave.js';
import { type Crew, stepsOf, takeSteps } from '../crew.js';
import { onHosts } from '../stage.js';
import { artifactsFor, withRelay } from './relay.js';
import { sendAhead, transfersOf } from './transfers.js';

/**
 * Brings hosts of a live cluster what they will need, all of them at once: nobody's turn waits for a transfer then, hosts can
 * pass blobs on to one another, and a full disk is found before anything is changed. Images of the wave are imported and
 * pinned; binaries, and the images of hosts without containerd, wait for their host's turn.
 * @param steps all of the run
 * @returns what was brought ahead of the steps that take it
 */
export async function supply(
  crew: Crew,
  wave: Wave,
  steps: readonly Step[],
): Promise<NonNullable<Crew['ahead']>> {
  const transfers = new Map(
    wave.hosts.map((host) => [host, transfersOf(crew, stepsOf(steps, host, 'binaries', 'images'))]),
  );
  const transfersTo = (host: string) => transfers.get(host)!;
  await withRelay(crew, artifactsFor(wave.hosts, transfersTo), (relaying) =>
    onHosts(
      crew.session,
      'prepare',
      wave.hosts,
      async (host) => {
        const images = stepsOn(wave.steps, host);
        const all = transfersTo(host).map(({ step }) => step);
        await sendAhead(relaying, host, all, images);
        await takeSteps(
          relaying,
          host,
          images.filter((step) => !isTransfer(step)),
        );
        return `${all.length} artifacts`;
      },
      crew.absent.passOver,
    ),
  );
  const ahead = wave.hosts.map((host) => {
    const digests = transfersTo(host).flatMap(({ artifact }) => blobsOf(artifact));
    return [host, new Set(digests.map(({ sha256 }) => sha256))] as const;
  });
  return new Map(ahead);
}
