import { blobsOf } from '../bundle/artifact.js';
import type { Step } from '../plan/step.js';
import { type Crew, comesLater, stepsOf, takeSteps } from './crew.js';
import { artifactsFor, withRelay } from './relay.js';
import { onHosts, stage } from './stage.js';
import { isTransfer, sendAhead, transfersOf } from './transfers.js';

/** What hosts have before the first of them is changed. */
export interface Supplied {
  /** The steps that are left. */
  readonly left: readonly Step[];
  readonly ahead: NonNullable<Crew['ahead']>;
}

/**
 * Brings every host of a live cluster what it will need, all of them at once: nobody's turn waits for a transfer then,
 * hosts can pass blobs on to one another, and a full disk is found before anything is changed. Images are imported and
 * pinned, where containerd runs; binaries wait for their host's turn.
 */
export async function supply(
  crew: Crew,
  steps: readonly Step[],
  hosts: readonly string[],
): Promise<Supplied> {
  const of = (host: string) => stepsOf(steps, host, 'binaries', 'images');
  const transfers = new Map(hosts.map((host) => [host, transfersOf(crew, of(host))]));
  const transfersTo = (host: string) => transfers.get(host)!;
  const imagesAtOnce = (host: string) =>
    comesLater(steps, host) ? [] : of(host).filter(({ phase }) => phase === 'images');
  const waiting = hosts.filter((host) => transfersTo(host).length > 0 || imagesAtOnce(host).length > 0);
  if (waiting.length === 0) return { left: steps, ahead: new Map() };
  await stage(crew.session, 'prepare', () =>
    withRelay(crew, artifactsFor(waiting, transfersTo), (relaying) =>
      onHosts(crew.session, 'prepare', waiting, async (host) => {
        await sendAhead(relaying, host, of(host), !comesLater(steps, host));
        const images = imagesAtOnce(host);
        await takeSteps(
          relaying,
          host,
          images.filter((step) => !isTransfer(step)),
        );
        return `${transfersTo(host).length} artifacts`;
      }),
    ),
  );
  const taken = new Set(waiting.flatMap(imagesAtOnce));
  const ahead = waiting.map((host) => {
    const digests = transfersTo(host).flatMap(({ artifact }) => blobsOf(artifact));
    return [host, new Set(digests.map(({ sha256 }) => sha256))] as const;
  });
  return { left: steps.filter((step) => !taken.has(step)), ahead: new Map(ahead) };
}
