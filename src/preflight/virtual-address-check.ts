import { isControlPlane } from '../inventory/inventory.js';
import { contains, parseNetwork } from '../inventory/networks.js';
import { interfaceOf } from '../observed/interface-of.js';
import type { Check, Finding } from './check.js';

const error = (said: string, next: string): Finding => ({ severity: 'error', said, next });

/** A neighbour on the wire is found by ARP or NDP; a host elsewhere would take the address where nobody looks for it. */
export const virtualAddressCheck: Check = {
  name: 'virtual-address',
  about: 'the control plane is on the network of the virtual address',
  find: ({ host, facts, inventory }) => {
    const own = inventory.spec.virtualAddress;
    if (own === undefined || !isControlPlane(host)) return undefined;
    const { interfaces, programs } = facts.network;
    if (!programs.includes('ip'))
      return error(
        'the program `ip` is missing, with which podstrap sees who has the virtual address',
        'Install it (package iproute2 or iproute), or leave spec.virtualAddress out.',
      );
    const found =
      own.interface === undefined
        ? interfaceOf(facts.network, host.advertiseAddress)
        : interfaces.find(({ name }) => name === own.interface);
    if (found === undefined)
      return error(
        own.interface === undefined
          ? `no interface has its address ${host.advertiseAddress}, so none is known for the virtual address`
          : `it has no interface ${own.interface}; it has ${interfaces.map(({ name }) => name).join(', ')}`,
        'Name the interface that all control planes have on that network in spec.virtualAddress.interface.',
      );
    const networks = found.addresses.filter((address) => !address.startsWith(`${own.address}/`));
    if (networks.some((network) => contains(parseNetwork(network)!, own.address))) return undefined;
    return error(
      `the virtual address ${own.address} is not on the network of its ${found.name}, which has ${networks.join(', ') || 'no address'}: no neighbour would look for it there`,
      'Choose a free address of the network that all control planes are on; where there is none, an external load balancer as spec.controlPlaneEndpoint does the same.',
    );
  },
};
