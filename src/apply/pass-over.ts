import { Failure, type FailureKind, Failures } from '../failure.js';
import { controlPlanes } from '../inventory/inventory.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import { dropScript } from './lock/lock-script.js';

/** Milliseconds: it may have stopped answering. */
const dropLimitMs = 10_000;

/** Kinds of failure that say of a host that nothing more can be done there, and nothing of what is done elsewhere. */
const ofThatHost: readonly FailureKind[] = ['unsound', 'locked', 'unreachable', 'connection-lost'];

/** The hosts that a run goes on without. */
export interface Absent {
  /**
   * Whether the run goes on without this host, which has failed so: nothing more is sent there then.
   * @param error what it has failed with
   */
  passOver(host: string, error: unknown): boolean;
  has(host: string): boolean;
  /** From here on they are among the hosts that could not be reached, and have no lock of this run, as far as they still listen. */
  setAside(): Promise<void>;
}

/**
 * A worker that is lost, or that makes no sense, while the others change ends no run: it is passed over like one that could not
 * be reached at the beginning. A control plane ends it, since the next one may only be changed when all is well, and so does a
 * change that fails: it may fail on the others as well. Before a cluster lives, every host is needed, and so is each while
 * kubelets get what API servers check afterwards.
 */
export function absent(
  { inventory, emit, abort }: Session,
  site: Pick<Site, 'setAside' | 'unreachable' | 'transports' | 'lockId'>,
  { situation }: Pick<Survey, 'situation'>,
): Absent {
  const needed = new Set(controlPlanes(inventory).map(({ name }) => name));
  const passed = new Map<string, Failure>();
  return {
    passOver: (host, error) => {
      const failures = error instanceof Failures ? error.failures : [error];
      const lost = failures.filter(
        (failure): failure is Failure =>
          failure instanceof Failure && failure.where.host === host && ofThatHost.includes(failure.kind),
      );
      const [first] = lost;
      if (first === undefined || lost.length < failures.length) return false;
      if (!['live', 'standalone'].includes(situation.kind) || needed.has(host) || abort.aborted) return false;
      if (!passed.has(host)) emit({ event: 'warning', host, message: `passed over: ${first.message}` });
      passed.set(host, first);
      return true;
    },
    has: (host) => passed.has(host),
    setAside: async () => {
      const fresh = [...passed].filter(([host]) => !site.unreachable.has(host));
      await Promise.all(
        fresh.map(async ([host, failure]) => {
          // Else the next run would find it at work there until it has grown old.
          const drop = { script: dropScript(site.lockId), timeoutMs: dropLimitMs };
          await site.transports
            .get(host)
            ?.exec(drop)
            .catch(() => undefined);
          site.setAside(failure);
        }),
      );
    },
  };
}
