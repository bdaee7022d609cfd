import { Failure, Failures } from '../../failure.js';
import type { Host } from '../../inventory/inventory.js';
import { eachInTime } from '../../survey/open-site.js';
import type { Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';

export interface Asked<T> {
  /** By the name of the host. */
  readonly told: ReadonlyMap<string, T>;
  readonly unreachable: readonly { readonly host: string; readonly said: string }[];
}

/**
 * Asks hosts over connections of their own: neither an API nor what is wanted has a part in it. A host that cannot be reached, or whose
 * answer makes no sense, is listed.
 * @throws Failures when none has answered
 */
export async function askHosts<T>(
  session: Session,
  hosts: readonly Host[],
  ask: (transport: Transport, late: AbortSignal) => Promise<T>,
): Promise<Asked<T>> {
  const ways = await session.connect(hosts);
  const failed = new Map<string, Failure>();
  const open: (readonly [string, Transport])[] = [];
  for (const [host, way] of ways)
    if (way instanceof Failure) failed.set(host, way);
    else open.push([host, way]);
  try {
    const told = new Map<string, T>();
    const results = await eachInTime(open, ask);
    for (const [index, result] of results.entries()) {
      const host = open[index]![0];
      if (result.status === 'fulfilled') told.set(host, result.value);
      else if (result.reason instanceof Failure) failed.set(host, result.reason);
      else throw result.reason;
    }
    if (told.size === 0)
      throw failed.size === 1 ? [...failed.values()][0] : new Failures([...failed.values()]);
    return { told, unreachable: [...failed].map(([host, { message }]) => ({ host, said: message })) };
  } finally {
    await Promise.all(open.map(([, transport]) => transport.close()));
  }
}
