import { isIP } from 'node:net';

declare const checked: unique symbol;

/** An IP address without zone, prefix or brackets. Only `ipAddress` makes one: text of a host is none yet. */
export type IpAddress = string & { readonly [checked]: 'address' };

/** An IP network, or an address with the prefix of its network: `10.244.1.0/24`. Only `ipNetwork` makes one. */
export type IpNetwork = string & { readonly [checked]: 'network' };

/** `text` as an IP address; undefined when it is none. */
export const ipAddress = (text: string): IpAddress | undefined =>
  isIP(text) === 0 || text.includes('%') ? undefined : (text as IpAddress);

/** `text` as an IP network, such as `10.244.1.0/24`; undefined when it is none. */
export function ipNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/');
  const [address, prefix] = [text.slice(0, slash), text.slice(slash + 1)];
  const longest = ipAddress(address)?.includes(':') ? 128 : 32;
  return slash > 0 && ipAddress(address) && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest
    ? (text as IpNetwork)
    : undefined;
}

/** The address in a network's text, without its prefix. */
export const addressIn = (network: IpNetwork): IpAddress =>
  network.slice(0, network.indexOf('/')) as IpAddress;
