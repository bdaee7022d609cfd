import type { Host } from '../../inventory/inventory.js';
import { type HostUsage, lookAtUsage } from '../../observed/pods/pod-usage.js';
import type { Session } from '../../survey/session.js';
import { askHosts } from './ask-hosts.js';

export interface Usage {
  readonly cluster: string;
  readonly hosts: readonly ({ readonly host: string } & HostUsage)[];
  readonly unreachable: readonly { readonly host: string; readonly said: string }[];
}

/** What hosts and their pods use, as the kernels count it: it takes nothing but SSH. */
export async function top(session: Session, hosts: readonly Host[]): Promise<Usage> {
  const { told, unreachable } = await askHosts(session, hosts, lookAtUsage);
  return {
    cluster: session.inventory.metadata.name,
    hosts: hosts.flatMap(({ name }) => {
      const used = told.get(name);
      return used === undefined ? [] : [{ host: name, ...used }];
    }),
    unreachable,
  };
}
