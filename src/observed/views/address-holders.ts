import type { HostFacts } from '../facts.js';
import { interfaceOf } from '../interface-of.js';

/** The hosts that have an address on one of their interfaces. */
export const addressHolders = (
  facts: ReadonlyMap<string, Pick<HostFacts, 'network'>>,
  address: string,
): readonly string[] =>
  [...facts].flatMap(([host, { network }]) => (interfaceOf(network, address) === undefined ? [] : [host]));
