import type { Transport } from '../../transport/transport.js';
import { lockLimitMs } from './heartbeat.js';
import { breakScript, type HeldLock, parseHeld, tellScript } from './lock-script.js';

/** Who holds a host's lock now; undefined when nobody does. Reads only. */
export async function readLock(transport: Transport): Promise<HeldLock | undefined> {
  const { stdout } = await transport.exec({ script: tellScript, timeoutMs: lockLimitMs });
  return parseHeld(transport.host, stdout);
}

/** Removes a host's lock, whoever holds it. @returns who held it, if anybody did */
export async function breakLock(
  transport: Transport,
): Promise<{ readonly host: string; readonly owner?: string }> {
  const { stdout } = await transport.exec({ script: breakScript, timeoutMs: lockLimitMs });
  const held = parseHeld(transport.host, stdout);
  return held === undefined ? { host: transport.host } : { host: transport.host, owner: held.owner };
}
