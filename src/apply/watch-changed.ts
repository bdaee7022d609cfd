import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { parseDuration } from '../inventory/duration.js';
import type { Survey } from '../survey.js';
import { lookAtHost } from '../verify/await-host.js';
import { type Crew, checkpoint } from './crew.js';

/** Looks in a row that must fail before a node counts as failed: a single one may be a hiccup of the connection. */
const patience = 3;

/**
 * Keeps changed nodes under watch for a while after the last change: a pod that was ready and dies late still counts
 * as failed.
 */
export async function watchChanged(crew: Crew, seen: Survey, hosts: readonly string[]): Promise<void> {
  const { session, transports } = crew;
  const end = performance.now() + parseDuration(session.inventory.spec.timeouts.watchAfterChange);
  const failing = new Map<string, number>();
  while (performance.now() < end) {
    await delay(1000, undefined, { signal: session.stop }).catch(() => undefined);
    checkpoint(crew, 'the end of the watch over what was changed');
    for (const name of hosts) {
      const host = session.inventory.spec.hosts.find((one) => one.name === name)!;
      const wanted = seen.desired.hosts.find((one) => one.host === name)!;
      const look = await lookAtHost(session, transports.get(name)!, host, wanted);
      failing.set(name, look.ok ? 0 : (failing.get(name) ?? 0) + 1);
      if (!look.ok && failing.get(name)! >= patience)
        throw new Failure({
          kind: 'gate',
          doing: 'Watching the changed nodes',
          where: { host: name, phase: 'control-plane' },
          said: `it was healthy after its change and is not any more: ${look.missing}`,
          next: 'Read its container’s last lines with `podstrap status`, and mend the inventory.',
        });
    }
  }
}
