import type { Inventory } from '../../inventory/inventory.js';
import { type Printed, secretCommands, withPrinted } from '../../inventory/static-pods/secret-commands.js';
import { type RunCommand, runCommand } from './run-command.js';

/** Programs that run at once: they are often decryption, or calls of a vault that counts its callers. */
const atOnce = 4;

/**
 * The inventory with the secrets that its commands print, each run once for all hosts for which its arguments are the same.
 * @throws Failure `inventory` naming every command that failed or printed nothing
 */
export async function runSecretCommands(
  inventory: Inventory,
  run: RunCommand = runCommand,
): Promise<Inventory> {
  const wanted = secretCommands(inventory);
  if (wanted.length === 0) return inventory;
  const { directory } = inventory;
  const printed = new Map<string, Printed>();
  const queue = [...wanted];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      printed.set(next.key, await run(next.command, { directory, limit: next.limit }));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, wanted.length) }, work));
  return withPrinted(inventory, wanted, printed);
}
