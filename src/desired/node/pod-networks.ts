import ipaddr from 'ipaddr.js';
import { Failure } from '../../failure.js';
import { type IpAddress, type IpNetwork, ipAddress, ipNetwork } from '../../host/ip.js';
import { addressAt, isIpv6 } from '../../host/network.js';
import type { Inventory } from '../../inventory/inventory.js';
import { type Network, overlaps, parseNetwork, parseNetworks } from '../../inventory/networks.js';
import { nodePrefix } from '../../inventory/node-prefix.js';

/** Where the pods of one host are. */
export interface PodNetworks {
  /** Their networks, of the families of spec.networking.podSubnet and in its order. */
  readonly networks: readonly IpNetwork[];
  /**
   * Addresses of the host through which others reach them, as far as each family is known; empty for a host that has left
   * the inventory, whose networks nobody else gets.
   */
  readonly via: readonly IpAddress[];
}

/** By the host's name. */
export type PodNetworksByHost = Readonly<Record<string, PodNetworks>>;

export interface PodNetworkInput {
  readonly inventory: Inventory;
  /** What was settled before; that stays. */
  readonly before: PodNetworksByHost;
  /** Hosts that have left the inventory and still have pods: their way stays until they have gone. */
  readonly leaving?: readonly string[];
  /** Networks that nodes of the API have already, by host: the controller manager gave them out. */
  readonly given?: Readonly<Record<string, readonly IpNetwork[]>>;
  /** Addresses on the interface of `advertiseAddress`, by host, as far as it was looked at. */
  readonly addresses?: Readonly<Record<string, readonly IpAddress[]>>;
}

/**
 * Gives every host of the inventory its part of the pods' network: the one that it has, else the first that is free. Pure.
 * @throws Failure `inventory` when the network has no part left
 */
export function podNetworks({
  inventory,
  before,
  leaving,
  given,
  addresses,
}: PodNetworkInput): PodNetworksByHost {
  const { spec } = inventory;
  if (spec.networking.plugin !== 'routes') return before;
  const pools = parseNetworks(spec.networking.podSubnet!)!;
  const settled: Record<string, PodNetworks> = Object.fromEntries(
    Object.entries(before).map(([host, { networks, via }]) => [
      host,
      { networks, via: leaving?.includes(host) ? via : [] },
    ]),
  );
  const taken = [
    ...Object.values(before).flatMap(({ networks }) => networks),
    ...Object.values(given ?? {}).flat(),
  ];
  const free = pools.map((pool) => freeIn(inventory, pool, taken));
  for (const { name, advertiseAddress } of spec.hosts) {
    const own = before[name]?.networks ?? given?.[name] ?? [];
    const networks = pools.map(
      (pool, index) =>
        own.find((network) => parseNetwork(network)?.family === pool.family) ?? next(free[index]!),
    );
    const [seen, earlier] = [addresses?.[name] ?? [], before[name]?.via ?? []];
    // Many addresses of IPv6 come and go on one interface: one that is still there stays the way to the host.
    const known = [
      ipAddress(advertiseAddress)!,
      ...earlier.filter((one) => seen.includes(one)),
      ...seen,
      ...earlier,
    ];
    const via = pools.flatMap(({ family }) => known.find((one) => isIpv6(one) === (family === 6)) ?? []);
    settled[name] = { networks, via };
  }
  return settled;
}

/** The parts of `pool` that nobody has, in their order. @throws Failure `inventory` behind the last one */
function* freeIn(
  inventory: Inventory,
  pool: Network,
  taken: readonly string[],
): Generator<IpNetwork, never, undefined> {
  const prefix = nodePrefix(pool.family, inventory.spec.controllerManager.extraArgs);
  const others = taken.flatMap((text) => parseNetwork(text) ?? []);
  for (let index = 0; index < 2 ** (prefix - pool.prefix); index++) {
    const text = ipNetwork(`${partAt(pool, prefix, index)}/${prefix}`)!;
    const network = parseNetwork(text)!;
    if (!others.some((other) => overlaps(network, other))) yield text;
  }
  throw new Failure({
    kind: 'inventory',
    doing: 'Giving each host its part of the pods’ network',
    said: `${pool.text} has only ${2 ** (prefix - pool.prefix)} parts of /${prefix}, and all are taken`,
    next: `Make spec.networking.podSubnet (${inventory.placeOf('spec.networking.podSubnet')}) larger around the one that is there.`,
  });
}

const next = (parts: Generator<IpNetwork, never, undefined>): IpNetwork => parts.next().value;

/** The address of the part with number `index`. */
function partAt(pool: Network, prefix: number, index: number): string {
  const bits = pool.family === 4 ? 32 : 128;
  const bytes = ipaddr.parse(addressAt(pool.text, 0)).toByteArray();
  const value =
    bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + (BigInt(index) << BigInt(bits - prefix));
  return ipaddr
    .fromByteArray(bytes.map((_, at) => Number((value >> BigInt(8 * (bytes.length - 1 - at))) & 0xffn)))
    .toString();
}
