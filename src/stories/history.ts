import { type HostMemory, readMemory } from '../observed/memory/memory.js';
import { askEach, openSite } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';

/** What the hosts themselves remember of runs, whoever made them. */
export interface HostsHistory {
  readonly hosts: readonly ({ readonly host: string } & HostMemory)[];
  readonly unreachable: readonly { readonly host: string; readonly said: string }[];
}

/** Asks every host that can be reached. Reads only. @throws Failures when none was reached */
export async function hostsHistory(session: Session): Promise<HostsHistory> {
  const site = await openSite(session);
  try {
    const memories = await askEach(site, readMemory);
    return {
      hosts: [...memories].map(([host, memory]) => ({ host, ...memory })),
      unreachable: [...site.unreachable].map(([host, { message }]) => ({ host, said: message })),
    };
  } finally {
    await site.close();
  }
}
