import type { Failure } from '../failure.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import type { ConnectOptions } from './connect-options.js';
import { connections } from './connections.js';
import type { Transport } from './transport.js';

/** The ways to many hosts by name, each with a Failure in its place where there is none. */
export const connectAll = (
  hosts: readonly Host[],
  inventory: Inventory,
  options: ConnectOptions,
): Promise<ReadonlyMap<string, Transport | Failure>> => connections(inventory, options).connectAll(hosts);
