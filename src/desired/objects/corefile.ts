import type { DesiredInput } from '../desired-input.js';
import { takesCoreDns } from './takes-core-dns.js';

/**
 * The configuration of CoreDNS: spec.dns.corefile, else that of kubeadm for the cluster's domain. Nothing is
 * forwarded where a host that may run CoreDNS knows no resolver: it does not start there with nobody to forward to.
 */
export function corefile({ inventory, traits }: Pick<DesiredInput, 'inventory' | 'traits'>): string {
  const { dns, networking } = inventory.spec;
  if (dns.corefile !== undefined) return dns.corefile;
  const domain = networking.dnsDomain;
  const forward = inventory.spec.hosts
    .filter(takesCoreDns)
    .every(({ name }) => traits[name]?.resolves !== false)
    ? `
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }`
    : '';
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153${forward}
    cache 30 {
       disable success ${domain}
       disable denial ${domain}
    }
    loop
    reload
    loadbalance
}
`;
}
