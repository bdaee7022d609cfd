import { addressIn, type IpAddress } from '../host/ip.js';
import type { InterfaceFact, NetworkFact } from './facts.js';

/** The interface that has an address; undefined when none was seen to have it. */
export const interfaceOf = ({ interfaces }: NetworkFact, address: string): InterfaceFact | undefined =>
  interfaces.find(({ addresses }) => addresses.some((one) => addressIn(one) === address));

/** Addresses of an interface that reach beyond its wire. */
export const globalAddresses = ({ addresses }: InterfaceFact): readonly IpAddress[] =>
  addresses.map(addressIn).filter((address) => !/^(fe80:|169\.254\.|127\.|::1$)/i.test(address));
