import { z } from 'zod';
import { quoted, unsound } from '../../failure.js';
import { type IpNetwork, ipNetwork } from '../../host/ip.js';
import {
  canonicalNetwork,
  contains,
  type Network,
  overlaps,
  parseNetwork,
} from '../../inventory/networks.js';
import type { ApiObject } from '../../kubernetes/api-object.js';

const form = z.looseObject({ podCIDRs: z.array(z.string()).max(2).nullish() }).nullish();

/**
 * Which part of the pods' network each node has, by the API: hosts get routes to them, so they lie within that network, and
 * no two nodes share one. Pure.
 * @param pools the pods' networks
 * @throws Failure `unsound` for anything else
 */
export function toldPodNetworks(
  nodes: readonly ApiObject[],
  pools: readonly Network[],
): Readonly<Record<string, readonly IpNetwork[]>> {
  const seen: { readonly node: string; readonly network: Network }[] = [];
  const partOf = (node: string, text: string): IpNetwork => {
    const [part, network] = [ipNetwork(text), parseNetwork(text)];
    if (part === undefined || network === undefined || !isWhole(network))
      throw unsound(`the pods of node ${node} are in ${quoted(text)}, which is not a network`);
    if (!pools.some((pool) => isWithin(network, pool)))
      throw unsound(
        `the pods of node ${node} are in ${text}, outside of ${pools.map((pool) => pool.text).join(',')}`,
      );
    const other = seen.find((one) => overlaps(one.network, network));
    if (other !== undefined) throw unsound(`the pods of nodes ${other.node} and ${node} are both in ${text}`);
    seen.push({ node, network });
    return part;
  };
  return Object.fromEntries(
    nodes.map(({ metadata: { name }, spec }) => {
      const { success, data } = form.safeParse(spec);
      if (!success) throw unsound(`the node ${name} has no list of networks as podCIDRs`);
      return [name, (data?.podCIDRs ?? []).map((text) => partOf(name, text))];
    }),
  );
}

const isWithin = (part: Network, pool: Network): boolean =>
  part.family === pool.family && part.prefix >= pool.prefix && contains(pool, part.address.toString());

/** Without bits of an address behind its prefix. */
const isWhole = (network: Network): boolean =>
  parseNetwork(canonicalNetwork(network))?.address.toString() === network.address.toString();
