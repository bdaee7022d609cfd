import { basename } from 'node:path/posix';
import { isTransfer, type Step } from '../plan/step.js';
import { stepsOn } from '../plan/steps-on.js';
import type { Wave } from '../plan/waves/wave.js';
import { type Crew, checkpoint, takeSteps } from './crew.js';
import { onHosts, throwAll } from './stage.js';
import { awaitedArrivals } from './transfer/arrivals.js';
import { artifactsFor, openRelay } from './transfer/relay.js';
import { beginTransfers, type Transfers, transfersOf } from './transfer/transfers.js';

/** Brings hosts to where a control plane can start. */
export interface Preparing {
  /** Binaries, kernel, containerd, and the images of static pods. Every host goes at its own pace: nothing here needs the others. */
  prepare(crew: Crew, wave: Wave): Promise<void>;
  /** Images that come after those, on each host as soon as it is prepared. */
  images(wave: Wave): Promise<void>;
  /** Ends what is still on its way. */
  stop(): void;
  /** The same, and what hosts pass on to one another. */
  end(): Promise<void>;
}

/** @param waves all of the run: a host is sent everything in one go, in the order in which they take it */
export function preparing(waves: readonly Wave[]): Preparing {
  const later = waves.find(({ kind }) => kind === 'images')?.steps ?? [];
  const prepared = awaitedArrivals();
  const begun = new Map<string, Transfers>();
  let stopped = false;
  let endRelay: () => Promise<void> = async () => undefined;
  const endTransfers = async () => {
    stopped = true;
    await Promise.all([...begun.values()].map((transfers) => transfers.end()));
  };
  return {
    prepare: async (crew, { hosts, steps }) => {
      const stepsTo = (host: string) => preparationOf(stepsOn(steps, host), stepsOn(later, host));
      const transfersTo = (host: string) =>
        transfersOf(crew, [...stepsOn(steps, host), ...stepsOn(later, host)]);
      const relay = await openRelay(crew, artifactsFor(hosts, transfersTo));
      endRelay = relay.end;
      try {
        await onHosts(crew.session, 'prepare', hosts, async (host) => {
          const own = stepsTo(host);
          const { runtime, binaries, first } = own;
          const transfers = beginTransfers(relay.crew, host, [
            ...runtime,
            ...binaries,
            ...first,
            ...own.later,
          ]);
          begun.set(host, transfers);
          await prepare(relay.crew, host, own, transfers);
          prepared.come(host, true);
          return told(own);
        });
      } finally {
        prepared.end();
      }
    },
    images: async ({ hosts }) => {
      const coming = hosts.map(async (host) => {
        if (await prepared.of(host)) await begun.get(host)!.importImages();
      });
      const results = await Promise.allSettled(coming);
      // What was stopped because another wave has failed has not failed itself.
      if (!stopped) throwAll(results);
    },
    stop: () => void endTransfers().catch(() => undefined),
    end: async () => {
      try {
        await endTransfers();
      } finally {
        await endRelay();
      }
    },
  };
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

function preparationOf(own: readonly Step[], later: readonly Step[]): Preparation {
  const of = (one: Step['phase']) => own.filter(({ phase }) => phase === one);
  const runtime = runtimeAmong(of('binaries'));
  return {
    runtime,
    binaries: of('binaries').filter((step) => !runtime.includes(step)),
    node: of('node'),
    first: of('images'),
    later,
  };
}

async function prepare(
  crew: Crew,
  host: string,
  { runtime, binaries, node, first }: Preparation,
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
  await scripted(first);
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const told = ({ runtime, binaries, node, first, later }: Preparation): string =>
  [
    count(runtime.length + binaries.length, 'binary file'),
    count(node.length, 'setting'),
    count(first.length, 'image'),
    ...(later.length === 0 ? [] : [`${later.length} more follow`]),
  ].join(', ');
