import { basename } from 'node:path/posix';
import type { Step } from '../plan/step.js';
import { type Crew, checkpoint, stepsOf, takeSteps } from './crew.js';
import { artifactsFor, withRelay } from './relay.js';
import { onHosts, stage, throwAll } from './stage.js';
import { beginTransfers, isTransfer, type Transfers, transfersOf } from './transfers.js';

/** What hosts are prepared for. */
export interface Purpose {
  /** Whether a host is prepared only when it has this image; others come while `begin` is at work. */
  waitsFor(host: string, ref: string): boolean;
  /** Called when every host is prepared. @param rest resolves when every host has all of its images */
  begin(rest: Promise<void>): Promise<void>;
}

/**
 * Brings hosts to where a control plane can start: binaries, kernel, containerd, images. Every host goes at its own
 * pace: nothing here needs the others.
 */
export async function prepareHosts(
  crew: Crew,
  steps: readonly Step[],
  hosts: readonly string[],
  { waitsFor, begin }: Purpose,
): Promise<void> {
  const preparing = hosts.filter((host) => stepsOf(steps, host, 'binaries', 'node', 'images').length > 0);
  if (preparing.length === 0) return begin(Promise.resolve());
  const isFirst = ({ host, action }: Step) => 'ref' in action && waitsFor(host, action.ref);
  const transfersTo = (host: string) => transfersOf(crew, stepsOf(steps, host, 'binaries', 'images'));
  await withRelay(crew, artifactsFor(preparing, transfersTo), async (relaying) => {
    const begun: Transfers[] = [];
    const left: Promise<void>[] = [];
    try {
      await stage(crew.session, 'prepare', () =>
        onHosts(crew.session, 'prepare', preparing, async (host) => {
          const own = preparationOf(steps, host, isFirst);
          const { runtime, binaries, first, later } = own;
          const transfers = beginTransfers(relaying, host, [...runtime, ...binaries, ...first, ...later]);
          begun.push(transfers);
          await prepare(relaying, host, own, transfers);
          left.push(awaited(transfers.importImages()));
          return told(own);
        }),
      );
      const rest = awaited(Promise.allSettled(left).then(throwAll));
      await begin(rest);
      await rest;
    } finally {
      await Promise.all(begun.map((transfers) => transfers.end()));
    }
  });
}

/** Work whose failure is heard by who waits for it; when something else fails first, nobody does. */
function awaited(work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  return work;
}

/** The steps of one host, by when they are taken. */
interface Preparation {
  /** What containerd needs: importing images takes longest, and begins with it. */
  readonly runtime: readonly Step[];
  readonly binaries: readonly Step[];
  readonly node: readonly Step[];
  /** Images. */
  readonly first: readonly Step[];
  readonly later: readonly Step[];
}

const runtimePrograms = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc'];

/** Their steps, and those of the same contents under other names, which only one script can give. */
function runtimeAmong(binaries: readonly Step[]): readonly Step[] {
  const digestOf = ({ action }: Step) => (action.do === 'install-binary' ? action.sha256 : undefined);
  const programs = binaries.filter(
    ({ action }) => action.do === 'install-binary' && runtimePrograms.includes(basename(action.path)),
  );
  const digests = new Set(programs.map(digestOf));
  return binaries.filter((step) => isTransfer(step) && digests.has(digestOf(step)));
}

function preparationOf(steps: readonly Step[], host: string, isFirst: (step: Step) => boolean): Preparation {
  const binaries = stepsOf(steps, host, 'binaries');
  const runtime = runtimeAmong(binaries);
  const images = stepsOf(steps, host, 'images');
  return {
    runtime,
    binaries: binaries.filter((step) => !runtime.includes(step)),
    node: stepsOf(steps, host, 'node'),
    first: images.filter(isFirst),
    later: images.filter((step) => !isFirst(step)),
  };
}

async function prepare(
  crew: Crew,
  host: string,
  { runtime, binaries, node, first, later }: Preparation,
  transfers: Transfers,
): Promise<void> {
  const scripted = (steps: readonly Step[]) =>
    takeSteps(
      crew,
      host,
      steps.filter((step) => !isTransfer(step)),
    );
  await transfers.installBinaries(runtime);
  checkpoint(crew, `preparing ${host}`);
  // The rest is on its way while containerd is started, which takes the images.
  await scripted([...runtime, ...binaries, ...node]);
  throwAll(await Promise.allSettled([transfers.importImages(first), transfers.installBinaries(binaries)]));
  await scripted([...first, ...later]);
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const told = ({ runtime, binaries, node, first, later }: Preparation): string =>
  [
    count(runtime.length + binaries.length, 'binary file'),
    count(node.length, 'setting'),
    count(first.length, 'image'),
    ...(later.length === 0 ? [] : [`${later.length} more follow`]),
  ].join(', ');
