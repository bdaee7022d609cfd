import { Failure } from '../../failure.js';
import { isDead } from '../../operator/lock-id.js';
import type { Transport } from '../../transport/transport.js';
import { longestHeartbeat } from './heartbeat.js';
import { breakScript, type HeldLock, holderText, lockLimitMs, parseHeld, tellScript } from './lock-script.js';

/** Who holds a host's lock now; undefined when nobody does. Reads only. */
export async function readLock(transport: Transport): Promise<HeldLock | undefined> {
  const { stdout } = await transport.exec({ script: tellScript, timeoutMs: lockLimitMs });
  return parseHeld(transport.host, stdout);
}

/** Seconds after a heartbeat in which a run is taken to be alive: the next one may be late. */
const alive = 1.5 * longestHeartbeat;

const isAlive = ({ id, silent }: HeldLock): boolean => silent < alive && !isDead(id);

/** A host on which there is no lock any more, and who held it, if anybody did. */
export interface Unlocked {
  readonly host: string;
  readonly owner?: string;
}

/**
 * Removes the locks of runs that are dead. A lock that was taken since it was looked at stays.
 * @param force removes those of runs that seem to be alive as well
 * @throws Failure `locked`, and removes none, when a run seems to be alive
 */
export async function breakLocks(
  transports: readonly Transport[],
  force: boolean,
): Promise<readonly Unlocked[]> {
  const found = await Promise.all(
    transports.map(async (transport) => ({ transport, held: await readLock(transport) })),
  );
  const living = found.flatMap(({ held }) => (held !== undefined && isAlive(held) ? [held] : []));
  if (living.length > 0 && !force) throw stillAlive(living);
  return Promise.all(
    found.map(async ({ transport, held }) => {
      const { stdout } = await transport.exec({ script: breakScript(held?.id), timeoutMs: lockLimitMs });
      const broken = parseHeld(transport.host, stdout);
      return { host: transport.host, ...(broken === undefined ? {} : { owner: broken.owner }) };
    }),
  );
}

function stillAlive(living: readonly HeldLock[]): Failure {
  const told = living.map((held) => `${held.host}: ${holderText(held)}`);
  return new Failure({
    kind: 'locked',
    doing: 'Removing the lock',
    said: `the run that holds it seems to be alive\n${told.join('\n')}`,
    next: `Wait for that run to end, or stop it. If you know that it is dead: \`podstrap unlock --force\`, or wait until its last heartbeat is ${alive} s old. Nothing was changed.`,
  });
}
