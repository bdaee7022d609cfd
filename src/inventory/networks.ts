import ipaddr from 'ipaddr.js';

/** An IP network. */
export interface Network {
  /** As it was written. */
  readonly text: string;
  readonly family: 4 | 6;
  readonly prefix: number;
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
}

/** The network that `text` such as `10.244.0.0/16` stands for; undefined when it is none. */
export function parseNetwork(text: string): Network | undefined {
  if (!/^[0-9A-Fa-f:.]+\/\d{1,3}$/.test(text) || !ipaddr.isValidCIDR(text)) return undefined;
  // ipaddr.js also takes 10.1/16, which Kubernetes does not.
  if (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text.split('/')[0]!)) return undefined;
  const [address, prefix] = ipaddr.parseCIDR(text);
  return { text, family: address.kind() === 'ipv4' ? 4 : 6, prefix, address };
}

/** One network, or two of different families separated by a comma (dual-stack); undefined when `text` is neither. */
export function parseNetworks(text: string): readonly Network[] | undefined {
  const networks = text.split(',').map(parseNetwork);
  if (networks.length > 2 || networks.some((network) => network === undefined)) return undefined;
  const found = networks as Network[];
  return found.length === 2 && found[0]!.family === found[1]!.family ? undefined : found;
}

/** An IP address as systems print it: IPv6 can be written in many ways. */
export const shortestAddress = (address: string): string => ipaddr.parse(address).toString();

/** Bits that are left for addresses. */
export const hostBits = (network: Network): number => (network.family === 4 ? 32 : 128) - network.prefix;

/** The network with the bits behind its prefix cleared, as its owner should have written it. */
export function canonicalNetwork(network: Network): string {
  const bytes = network.address.toByteArray().map((byte, index) => {
    const kept = Math.min(8, Math.max(0, network.prefix - index * 8));
    return byte & ((0xff << (8 - kept)) & 0xff);
  });
  return `${ipaddr.fromByteArray(bytes).toString()}/${network.prefix}`;
}

export const overlaps = (one: Network, other: Network): boolean =>
  one.family === other.family && matches(one.address, other.address, Math.min(one.prefix, other.prefix));

/** Whether the IP address lies in the network; false when it is no IP address. */
export function contains(network: Network, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return matches(ipaddr.parse(address), network.address, network.prefix);
}

const matches = (one: ipaddr.IPv4 | ipaddr.IPv6, other: ipaddr.IPv4 | ipaddr.IPv6, prefix: number): boolean =>
  one.kind() === other.kind() && (one as ipaddr.IPv6).match(other as ipaddr.IPv6, prefix);
