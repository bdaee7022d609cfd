import { Failure } from '../../failure.js';
import type { Transport } from '../../transport/transport.js';
import type { Lock } from './lock.js';
import { isMajority } from './lock-failures.js';
import { beatScript, dropScript, lockLimitMs } from './lock-script.js';
import { runFenced } from './run-fenced.js';

/** Seconds between two heartbeats of a host. */
export const heartbeat = 20;
/** The same where hosts are many: a lock lives twice as long. */
export const longestHeartbeat = 60;
/** Heartbeats a second, of all hosts together. */
const beatsPerSecond = 10;

/** Seconds between two heartbeats of each of so many hosts. */
const periodFor = (hosts: number): number =>
  Math.min(Math.max(heartbeat, Math.ceil(hosts / beatsPerSecond)), longestHeartbeat);

/** The heartbeat of a run that has the lock, or is about to take it. */
export interface Heartbeat {
  /** From now on the lock is this run's, but for hosts that refused it, and its loss is noticed. */
  taken(refused: readonly Failure[]): Omit<Lock, 'id'>;
  /** Ends it and gives the lock back. */
  end(): Promise<void>;
}

/**
 * Renews the lock on every host, from now on: one after the other, since a thousand at the same moment would keep whatever else
 * this machine does waiting.
 * @param voters control planes; given where the loss of a single host's lock is its own affair, which `each` says of all hosts
 */
export function beginHeartbeat(
  transports: readonly Transport[],
  id: string,
  voters: readonly string[] | 'each' | undefined,
): Heartbeat {
  const losing = new AbortController();
  const letGo = new Set<string>();
  let isTaken = false;
  const renew = (transport: Transport): Promise<string> =>
    runFenced(transport, { script: beatScript(id), timeoutMs: lockLimitMs }, { doing: 'Renewing the lock' });
  /** Whether most control planes still say that the lock is this run's: then no other run has it. */
  const isConfirmed = async (controlPlanes: readonly string[], without: string): Promise<boolean> => {
    const asked = transports.filter(
      ({ host }) => controlPlanes.includes(host) && host !== without && !letGo.has(host),
    );
    const renewed = await Promise.allSettled(asked.map(renew));
    return isMajority(renewed.filter(({ status }) => status === 'fulfilled').length, controlPlanes);
  };
  const beat = async (transport: Transport): Promise<void> => {
    const watches = isTaken;
    const { host } = transport;
    try {
      await renew(transport);
    } catch (error) {
      // A host that does not answer keeps the lock as it is; one that was let go while it was asked has none to lose.
      if (!watches || !isTaken || letGo.has(host)) return;
      if (!(error instanceof Failure) || error.kind !== 'locked') return;
      // What is sent to that host says so itself, and changes nothing.
      if (voters === 'each' || (voters !== undefined && (await isConfirmed(voters, host)))) letGo.add(host);
      else losing.abort(error);
    }
  };
  const period = periodFor(transports.length);
  const turnOf = (index: number): number => Math.floor((index * period) / transports.length);
  /** Hosts whose last heartbeat is under way: a slow one is not asked again meanwhile. */
  const asked = new Set<string>();
  let second = 0;
  const timer = setInterval(() => {
    for (const [index, transport] of transports.entries()) {
      const { host } = transport;
      if (turnOf(index) !== second % period || asked.has(host)) continue;
      asked.add(host);
      void beat(transport).finally(() => asked.delete(host));
    }
    second += 1;
  }, 1000);
  timer.unref();
  const end = async () => {
    clearInterval(timer);
    isTaken = false;
    await drop(transports, id);
  };
  return {
    taken: (refused) => {
      isTaken = true;
      for (const { where } of refused) if (where.host !== undefined) letGo.add(where.host);
      return { lost: losing.signal, letGo: (host) => void letGo.add(host), release: end };
    },
    end,
  };
}

/** Gives the lock back where it is this run's. */
export async function drop(transports: readonly Transport[], id: string): Promise<void> {
  // A host that cannot be reached any more frees itself: its lock grows old.
  await Promise.all(
    transports.map((transport) =>
      transport.exec({ script: dropScript(id), timeoutMs: lockLimitMs }).catch(() => undefined),
    ),
  );
}
