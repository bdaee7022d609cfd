import type { Host } from '../inventory/inventory.js';

/**
 * What the operator's record keeps of a host, so that it can still be found, and reached, when it is no longer in the
 * inventory.
 */
export type KnownHost = Pick<
  Host,
  'name' | 'address' | 'advertiseAddress' | 'roles' | 'transport' | 'hostKey' | 'ssh'
> & {
  /** The machine that it is; absent in records that an earlier podstrap wrote, and of a machine that has no id. */
  readonly machineId?: string;
};

/** @param machineId that of the machine at its address, or the one that was known before where it was not reached */
export const knownHost = (host: Host, machineId: string | undefined): KnownHost => {
  const { name, address, advertiseAddress, roles, transport, hostKey, ssh } = host;
  const known = { name, address, advertiseAddress, roles, transport, hostKey, ssh };
  return machineId ? { ...known, machineId } : known;
};

/** The hosts of an inventory, as they are seen now, or were before. */
export const knownHosts = (
  hosts: readonly Host[],
  facts: ReadonlyMap<string, { readonly machineId: string }>,
  before: readonly KnownHost[] = [],
): readonly KnownHost[] =>
  hosts.map((host) =>
    knownHost(
      host,
      facts.get(host.name)?.machineId ?? before.find(({ name }) => name === host.name)?.machineId,
    ),
  );

/** Those of the known hosts that an inventory does not have. */
export const vanishedFrom = (
  { spec }: { readonly spec: { readonly hosts: readonly { readonly name: string }[] } },
  known: readonly KnownHost[] = [],
): readonly KnownHost[] => {
  const names = new Set(spec.hosts.map(({ name }) => name));
  return known.filter(({ name }) => !names.has(name));
};

/** The host as an inventory would have it that says no more of it. */
export const hostOf = ({ machineId: _, ...known }: KnownHost): Host => ({
  ...known,
  labels: {},
  annotations: {},
  values: {},
});
