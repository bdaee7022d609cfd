import { type ComponentContext, endpointOfUrl, required } from './component.js';
import { Etcd } from './etcd.js';
import { distrust, distrustServer } from './trust.js';

/**
 * The etcd member that an API server speaks to: the first of --etcd-servers that has a quorum and where both accept
 * each other's certificates.
 */
export function trustedEtcd(context: ComponentContext, authorities: string): Etcd | undefined {
  const { flags, network, host } = context;
  for (const url of required(flags, 'etcd-servers').split(',')) {
    const { address, port } = endpointOfUrl(url);
    const etcd = network.service(host, address, port);
    if (etcd instanceof Etcd && etcd.leader !== undefined && isTrusted(context, etcd, authorities, address))
      return etcd;
  }
  return undefined;
}

function isTrusted(context: ComponentContext, etcd: Etcd, authorities: string, address: string): boolean {
  const now = context.now();
  try {
    const own = context.read(required(context.flags, 'etcd-certfile'));
    return (
      distrustServer(etcd.serverCertificate, authorities, address, now) === undefined &&
      distrust(own, etcd.clientAuthorities, 'client', now) === undefined
    );
  } catch {
    // One side's certificate is not there any more.
    return false;
  }
}
