import ipaddr from 'ipaddr.js';

/** The address with number `n` in a network, counted from its first one: `addressAt('10.96.0.0/12', 10)` is 10.96.0.10. */
export function addressAt(cidr: string, n: number): string {
  const [address, prefix] = ipaddr.parseCIDR(cidr.trim());
  const bytes = masked(address.toByteArray(), prefix);
  for (let i = bytes.length - 1, carry = n; carry > 0 && i >= 0; i--) {
    const sum = bytes[i]! + carry;
    bytes[i] = sum & 0xff;
    carry = sum >> 8;
  }
  return ipaddr.fromByteArray(bytes).toString();
}

const masked = (bytes: readonly number[], prefix: number): number[] =>
  bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff);

/** The first of the networks in a comma-separated list. */
export const firstNetwork = (networks: string): string => networks.split(',')[0]!.trim();

export const isIpv6 = (address: string): boolean => address.includes(':');

/** The loopback address of the family of `address`. */
export const loopbackFor = (address: string): string => (isIpv6(address) ? '::1' : '127.0.0.1');
