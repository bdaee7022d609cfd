import { type HostMemory, readMemory } from './observed/memory.js';
import { openSite } from './open-site.js';
import type { Session } from './session.js';

/** What the hosts themselves remember of runs, whoever made them. */
export interface HostsHistory {
  readonly hosts: readonly ({ readonly host: string } & HostMemory)[];
  readonly unreachable: readonly { readonly host: string; readonly said: string }[];
}

/** Asks every host that can be reached. Reads only. @throws Failures when none was reached */
export async function hostsHistory(session: Session): Promise<HostsHistory> {
  const site = await openSite(session);
  try {
    const hosts = await Promise.all(
      [...site.transports].map(async ([host, transport]) => ({ host, ...(await readMemory(transport)) })),
    );
    return {
      hosts,
      unreachable: [...site.unreachable].map(([host, { message }]) => ({ host, said: message })),
    };
  } finally {
    await site.close();
  }
}
