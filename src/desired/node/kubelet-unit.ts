import { isIP } from 'node:net';
import { isIpv6 } from '../../host/network.js';
import { paths } from '../../host/paths.js';
import { takesPart } from '../../inventory/host-kinds.js';
import { isControlPlane } from '../../inventory/inventory.js';
import { type Flag, overrideFlags, writeFlag } from '../../kubernetes/flags.js';
import type { HostInput } from '../host-input.js';
import { render } from '../templates.js';
import { proxyVariables } from './proxy.js';
import { overrideUnit } from './unit-file.js';

/** The text of kubelet.service on one host. */
export function kubeletUnit(input: HostInput): string {
  const { spec } = input.inventory;
  const text = render('kubelet.service', {
    environment: proxyVariables(input).map(({ name, value }) => `${name}=${value}`),
    flags: kubeletFlags(input).map(writeFlag),
    visitor: visitor(input),
    label: visitorLabel,
  });
  return overrideUnit(text, spec.kubelet.unit);
}

/** Flags of one kubelet: podstrap's, those of spec.kubelet.extraArgs, those of the host. */
function kubeletFlags(input: HostInput): readonly Flag[] {
  const { inventory, host, traits } = input;
  // A host without an API may be known by its name alone; its kubelet finds its address then.
  const addresses = nodeAddresses(input).filter((address) => isIP(address) !== 0);
  const renamed = host.name !== traits.hostname.toLowerCase();
  const own = [
    { name: 'config', value: paths.kubeletConfig },
    ...(renamed ? [{ name: 'hostname-override', value: host.name }] : []),
    // Without it a kubelet asks no API for anything.
    ...(takesPart(host, 'node') ? [{ name: 'kubeconfig', value: `${paths.kubernetes}/kubelet.conf` }] : []),
    ...(addresses.length === 0 ? [] : [{ name: 'node-ip', value: addresses.join(',') }]),
  ];
  return overrideFlags(overrideFlags(own, inventory.spec.kubelet.extraArgs), host.kubelet?.extraArgs ?? []);
}

/** Number in the kernel's table of address labels (RFC 6724); none that it has for anything else. */
const visitorLabel = 144;

/**
 * The virtual address of a control plane where it is of IPv6, else nothing: of several addresses there the kernel begins
 * connections at the one that is nearest to whoever is called, which may be this one. Of IPv4 it takes the first that an
 * interface has.
 */
const visitor = ({ inventory, host }: HostInput): string => {
  const address = inventory.spec.virtualAddress?.address ?? '';
  return isIpv6(address) && isControlPlane(host) ? address : '';
};

/**
 * The addresses of a node, one of each family of the pods as far as it is known. The kubelet does not look for the second
 * one itself, and pods on the host's network and node ports have what it names:
 * https://kubernetes.io/docs/concepts/services-networking/dual-stack/#configure-ipv4-ipv6-dual-stack
 */
function nodeAddresses({ host, settled }: HostInput): readonly string[] {
  const first = host.advertiseAddress;
  const second = settled.pods[host.name]?.via.find((address) => isIpv6(address) !== isIpv6(first));
  return second === undefined ? [first] : [first, second];
}
