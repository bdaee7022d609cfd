import type { Host } from '../inventory/inventory.js';

/**
 * What the operator's record keeps of a host, so that it can still be found, and reached, when it is no longer in the
 * inventory.
 */
export type KnownHost = Pick<
  Host,
  'name' | 'address' | 'advertiseAddress' | 'roles' | 'transport' | 'hostKey' | 'ssh'
>;

export const knownHost = (host: Host): KnownHost => {
  const { name, address, advertiseAddress, roles, transport, hostKey, ssh } = host;
  return { name, address, advertiseAddress, roles, transport, hostKey, ssh };
};

/** The host as an inventory would have it that says no more of it. */
export const hostOf = (known: KnownHost): Host => ({ ...known, labels: {}, annotations: {} });
