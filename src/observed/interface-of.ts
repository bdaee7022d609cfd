import type { InterfaceFact, NetworkFact } from './facts.js';

const without = (address: string): string => address.split('/')[0]!;

/** The interface that has an address; undefined when none was seen to have it. */
export const interfaceOf = ({ interfaces }: NetworkFact, address: string): InterfaceFact | undefined =>
  interfaces.find(({ addresses }) => addresses.some((one) => without(one) === address));

/** Addresses of an interface that reach beyond its wire. */
export const globalAddresses = ({ addresses }: InterfaceFact): readonly string[] =>
  addresses.map(without).filter((address) => !/^(fe80:|169\.254\.|127\.|::1$)/i.test(address));
