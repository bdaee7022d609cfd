import { setTimeout as delay } from 'node:timers/promises';
import { parseDuration } from '../inventory/duration.js';
import type { Survey } from '../survey/survey.js';
import type { HostWatch } from '../verify/watch-host.js';
import { type Crew, checkpoint } from './crew.js';
import { gatesInSight, keepVigil, newPodsInSight, openGates, type Sight, type Vigil } from './vigil.js';

/**
 * Looks at nodes all through a roll-out, while others are changed and for a while after the last change: a pod that was
 * ready and dies late counts as failed, and so does a node that suffers from what was done to another.
 */
export interface NodeWatch {
  /** Aborted as soon as a node has failed; the reason is what made it fail. */
  readonly failed: AbortSignal;
  /** No more looks at this node: it is about to be changed. @throws what made another node fail */
  leave(host: string): void;
  /** This node was changed and has passed its gates: it must stay well, and its containers must go on. */
  changed(host: string): Promise<void>;
  /** Waits until every node was seen well after this call. @throws what made one fail; Failure `interrupted` */
  allWell(): Promise<void>;
  /** Goes on until `watchAfterChange` after the last change. @throws what made a node fail; Failure `interrupted` */
  rest(): Promise<void>;
  stop(): void;
}

/** Begins a watch over those of `hosts` that are well now; one that is not may be what the run is about to mend. */
export async function watchNodes(crew: Crew, seen: Survey, hosts: readonly string[]): Promise<NodeWatch> {
  const vigils = new Map<string, Vigil>();
  const failing = new AbortController();
  const fail = (error: unknown) => failing.abort(error);
  let busy = true;
  let lastChange = performance.now();
  await Promise.all(
    hosts.map(async (host) => {
      const gates = openGates(crew, seen, host);
      const { ok } = await gates.look().catch(() => ({ ok: false }));
      if (ok) begin(host, gatesInSight(gates), gates);
      else gates.close();
    }),
  );

  function begin(host: string, sight: Sight, gates: HostWatch): void {
    const vigil = keepVigil(crew, seen, host, sight, fail);
    const end = () => {
      vigil.end();
      gates.close();
    };
    vigils.set(host, { ...vigil, end });
  }
  const leave = (host: string): void => {
    vigils.get(host)?.end();
    vigils.delete(host);
  };
  const until = async (done: () => boolean): Promise<void> => {
    while (!failing.signal.aborted && !done()) {
      checkpoint(crew, 'the end of the watch over the nodes');
      await delay(100, undefined, { signal: failing.signal }).catch(() => undefined);
    }
    failing.signal.throwIfAborted();
  };
  const all = (holds: (vigil: Vigil) => boolean) => [...vigils.values()].every(holds);

  return {
    failed: failing.signal,
    leave: (host) => {
      failing.signal.throwIfAborted();
      leave(host);
    },
    changed: async (host) => {
      const gates = openGates(crew, seen, host);
      begin(host, await newPodsInSight(crew, seen, host, gates, () => busy), gates);
      lastChange = performance.now();
    },
    allWell: () => {
      const now = performance.now();
      return until(() => all(({ wellAt }) => wellAt() >= now));
    },
    rest: () => {
      busy = false;
      const end = lastChange + parseDuration(crew.session.inventory.spec.timeouts.watchAfterChange);
      return until(() => performance.now() >= end && all(({ isUnwell }) => !isUnwell()));
    },
    stop: () => {
      for (const host of [...vigils.keys()]) leave(host);
    },
  };
}
