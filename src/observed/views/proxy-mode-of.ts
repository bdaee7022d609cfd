import type { ProxyMode } from '../../desired/settled.js';
import type { HostFacts } from '../facts.js';

/** kube-proxy refuses its nftables mode before: https://kubernetes.io/docs/reference/networking/virtual-ips/ */
const since = [5, 13] as const;

/** Whether kube-proxy can write its rules with nftables on this kernel, such as `6.1.0-18-amd64`. */
export function hasNftables({ kernel }: Pick<HostFacts, 'kernel'>): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((word) => Number.parseInt(word, 10));
  return major > since[0] || (major === since[0] && minor >= since[1]);
}

/** The way of writing rules that all of these hosts have. */
export const proxyModeOf = (facts: readonly Pick<HostFacts, 'kernel'>[]): ProxyMode =>
  facts.every(hasNftables) ? 'nftables' : 'iptables';
