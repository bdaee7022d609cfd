import type { Blob } from '../../desired/artifact.js';
import type { Crew } from '../crew.js';
import { lastLines } from '../lock/run-fenced.js';
import { reportedNumber } from '../reports.js';
import { type Arrivals, awaitedArrivals } from './arrivals.js';
import { endPosts, type Needs, peerOf, preparePosts, thosePassingOn } from './relay-posts.js';
import { type RelaySchedule, relaySchedule } from './relay-schedule.js';
import { fetchScript, keepScript, relayPrefix } from './relay-script.js';
import type { Sending } from './send-blobs.js';
import type { TransferStep } from './transfers.js';

/** Hosts that pass blobs on to one another. */
export interface Relay {
  /**
   * Waits until the host that a blob is to come from has it, and fetches it there.
   * @param offset bytes that the host has of it
   * @returns `whole`, or the bytes that it has now, because nobody passes the blob on to it or that did not work
   */
  fetch(sending: Sending, blob: Blob, offset: number): Promise<number | 'whole'>;
  /** A host has a blob: those who wait for it may come. */
  arrived(host: string, blob: Blob): Promise<void>;
  /** Nothing more will arrive at a host: nobody need wait for it. */
  ended(host: string): void;
}

/** What `withRelay` wants to know. */
export const artifactsFor = (
  hosts: readonly string[],
  transfersTo: (host: string) => readonly TransferStep[],
): Needs => new Map(hosts.map((host) => [host, transfersTo(host).map(({ artifact }) => artifact)]));

/**
 * Does work during which hosts pass on what they are sent, where the inventory asks for that. However it ends, the keys
 * are taken away again.
 * @param needs what each host will be brought; each of them must be, or others would wait for it
 */
export async function withRelay<T>(crew: Crew, needs: Needs, work: (crew: Crew) => Promise<T>): Promise<T> {
  const opened = await openRelay(crew, needs);
  try {
    return await work(opened.crew);
  } finally {
    await opened.end();
  }
}

/** The same for work that begins and ends in different places. Who opens it ends it. */
export async function openRelay(
  crew: Crew,
  needs: Needs,
): Promise<{ readonly crew: Crew; end(): Promise<void> }> {
  if (!crew.session.inventory.spec.artifacts.relay || needs.size < 2)
    return { crew, end: async () => undefined };
  const passing = await thosePassingOn(crew, [...needs.keys()]);
  const schedule = relaySchedule(needs, crew.facts, (host) => passing.has(host));
  const end = () => endPosts(crew, new Map([...needs.keys()].map((host) => [host, [crew.session.run]])));
  try {
    const ready = await preparePosts(crew, needs, schedule);
    return { crew: { ...crew, relay: relayAmong(crew, schedule, ready) }, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Takes away what runs left that were killed, whether hosts pass anything on in this one or not. */
export async function endLeftRelays(crew: Crew): Promise<void> {
  const left = [...crew.facts].map(([host, { incoming }]) => {
    const names = Object.keys(incoming).filter((name) => name.startsWith(relayPrefix));
    return [host, names.map((name) => name.slice(relayPrefix.length))] as const;
  });
  await endPosts(crew, new Map(left.filter(([, runs]) => runs.length > 0)));
}

function relayAmong(crew: Crew, schedule: RelaySchedule, ready: ReadonlySet<string>): Relay {
  const { session, transports, lock } = crew;
  const arrivals = new Map<string, Arrivals>();
  const arrivalsAt = (host: string): Arrivals => {
    const found = arrivals.get(host) ?? awaitedArrivals();
    arrivals.set(host, found);
    return found;
  };
  /** One that failed once is not asked again: each time might cost a time-out. */
  const broken = new Set<string>();
  return {
    fetch: async ({ transport, what, signal, onSent }, blob, offset) => {
      const { host } = transport;
      const parent = schedule.parentOf(host, blob.sha256);
      const way = `${parent} ${host}`;
      if (parent === undefined || !ready.has(host) || !ready.has(parent) || broken.has(way)) return offset;
      if (!(await arrivalsAt(parent).of(blob.sha256, signal)) || broken.has(way)) return offset;
      const script = fetchScript(blob, peerOf(crew, parent), session.run, lock.id);
      const { code, stdout, stderr } = await transport.exec({ script, ...(signal ? { signal } : {}) });
      const have = code === 0 ? blob.size : reportedNumber(host, stdout, 'have', blob.size);
      onSent(Math.max(0, have - offset));
      if (code === 0) return 'whole';
      broken.add(way);
      const message = `${what} did not come from ${parent}, it comes from this machine: ${lastLines(stderr, 2)}`;
      session.emit({ event: 'warning', host, message });
      return have;
    },
    arrived: async (host, blob) => {
      const isAwaited = [...schedule.childrenOf(host).values()].some((blobs) =>
        blobs.some(({ sha256 }) => sha256 === blob.sha256),
      );
      if (!isAwaited || !ready.has(host)) return;
      const { code } = await transports.get(host)!.exec({ script: keepScript(blob, session.run) });
      arrivalsAt(host).come(blob.sha256, code === 0);
    },
    ended: (host) => arrivalsAt(host).end(),
  };
}
