import type { Host, Inventory } from '../inventory/inventory.js';
import type { ConnectOptions } from './connect-options.js';
import { connections } from './connections.js';
import type { Transport } from './transport.js';

/**
 * The way to one host, over SSH or on this machine, as `host.transport` says.
 * @throws Failure `unreachable`, `authentication`, `host-key`, `inventory`, `usage` or `interrupted`
 */
export const connect = (host: Host, inventory: Inventory, options: ConnectOptions): Promise<Transport> =>
  connections(inventory, options).connect(host);
