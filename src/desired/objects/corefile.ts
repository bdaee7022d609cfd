import type { Inventory } from '../../inventory/inventory.js';

/** The configuration of CoreDNS: spec.dns.corefile, else that of kubeadm for the cluster's domain. */
export function corefile({ spec: { dns, networking } }: Inventory): string {
  if (dns.corefile !== undefined) return dns.corefile;
  const domain = networking.dnsDomain;
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
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
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
