import { bracket } from '../../host/bracket.js';
import { apiServerOn, type Inventory } from '../../inventory/inventory.js';
import { certificatePlace } from '../../pki/certificate-places.js';
import { readYaml } from '../../read-yaml.js';
import { virtualAddressPod } from '../component.js';
import type { HostInput } from '../host-input.js';
import { virtualAddressImages } from '../images.js';
import { isIpv6, loopbackFor } from '../network.js';
import { applyPatches } from '../patches/apply-patches.js';
import { render } from '../templates.js';
import { virtualAddressLease } from '../virtual-address.js';
import type { Pod } from './customise.js';
import { labelled, type Manifest } from './manifest.js';

/**
 * The manifest of what holds the virtual address: kube-vip, which puts it on an interface while it has the lease, and
 * tells the neighbours by ARP or NDP. It asks the API server of its own host for the lease, so that one without a working
 * API server does not keep the address. Where its kubeconfig is in the container is kube-vip's choice.
 * @param restartInputs path → hex SHA-256 of the files that it reads only when it starts
 * @throws Failure `inventory` when a patch does not fit
 */
export function virtualAddressManifest(
  { inventory, host, traits }: HostInput,
  own: NonNullable<Inventory['spec']['virtualAddress']>,
  restartInputs: ReadonlyMap<string, string>,
): Manifest {
  const port = inventory.spec.apiServer.bindPort;
  const loopback = loopbackFor(host.advertiseAddress);
  const text = render('kube-vip.yaml', {
    image: virtualAddressImages(inventory)[0],
    address: own.address,
    // The network of the interface is the host's own affair.
    prefix: isIpv6(own.address) ? 128 : 32,
    interface: own.interface ?? traits.interface ?? '',
    port,
    server: `https://${apiServerOn(inventory, host)}`,
    node: host.name,
    lease: virtualAddressLease,
    metrics: `${bracket(loopback)}:${own.metricsPort}`,
    probeHost: loopback,
    metricsPort: own.metricsPort,
    kubeconfig: certificatePlace(virtualAddressPod).certificate,
  });
  const pod = applyPatches(readYaml(text), virtualAddressPod, inventory.patches) as Pod;
  return labelled(pod, restartInputs);
}
