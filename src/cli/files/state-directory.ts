import { join } from 'node:path';
import type { Inventory } from '../../inventory/inventory.js';

/** Where everything of one cluster is kept on the operator's machine. */
export const stateDirectory = (inventory: Inventory): string =>
  join(inventory.directory, '.podstrap', inventory.metadata.name);
