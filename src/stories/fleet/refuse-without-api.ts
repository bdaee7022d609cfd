import { Failure } from '../../failure.js';
import { hasApi, type Inventory } from '../../inventory/inventory.js';

/** @throws Failure `usage` for a command that is about an API, or etcd, where hosts have none */
export function refuseWithoutApi(inventory: Inventory, command: string): void {
  if (hasApi(inventory)) return;
  throw new Failure({
    kind: 'usage',
    doing: `Running podstrap ${command}`,
    said: `${inventory.file} describes a fleet: its hosts have neither an API server nor etcd`,
    next: '`podstrap status` shows the pods of its hosts. No host was contacted.',
  });
}
