import { bracket } from '../../host/bracket.js';
import { isIpv6, loopbackFor } from '../../host/network.js';
import { apiServerOn } from '../../inventory/inventory.js';
import { certificatePlace } from '../../pki/certificate-places.js';
import type { HostInput } from '../host-input.js';
import type { Values } from '../templates.js';
import { virtualAddressLease } from './virtual-address.js';

/**
 * What templates/kube-vip.yaml.hbs is filled with: kube-vip holds the virtual address. It puts it on an interface while it
 * has the lease, and tells the neighbours by ARP or NDP. It asks the API server of its own host for the lease, so that one
 * without a working API server does not keep the address. Where its kubeconfig is in the container is kube-vip's choice.
 */
export function virtualAddressValues({ inventory, host, traits }: HostInput): Values {
  const own = inventory.spec.virtualAddress!;
  const loopback = loopbackFor(host.advertiseAddress);
  return {
    address: own.address,
    // The network of the interface is the host's own affair.
    prefix: isIpv6(own.address) ? 128 : 32,
    interface: own.interface ?? traits.interface ?? '',
    port: inventory.spec.apiServer.bindPort,
    server: `https://${apiServerOn(inventory, host)}`,
    node: host.name,
    lease: virtualAddressLease,
    metrics: `${bracket(loopback)}:${own.metricsPort}`,
    probeHost: loopback,
    metricsPort: own.metricsPort,
    kubeconfig: certificatePlace('kube-vip').certificate,
  };
}
