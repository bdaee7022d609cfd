import { Command } from 'commander';
import { Failure, quoted } from '../../failure.js';
import { fleetSchemaFile, schemaFile } from '../../inventory/json-schema.js';
import { judge, suggestFix } from '../../inventory/reading/suggest-fix.js';
import { starterFleet } from '../../inventory/starter-fleet.js';
import { starterInventory } from '../../inventory/starter-inventory.js';
import { writeOperatorFile } from '../../operator/operator-file.js';
import { answer } from '../answer.js';
import { globalOptions } from '../options.js';
import { shippedSchema } from '../own-program.js';

export const initCommand = (): Command =>
  new Command('init')
    .description('Write a commented starter inventory.')
    .option('--name <name>', 'name of the cluster, or of the fleet', 'prod')
    .option('--fleet', 'for a fleet: hosts without an API, on which a kubelet alone runs static pods')
    .action(async (own: { name: string; fleet?: boolean }, command: Command) => {
      const options = globalOptions(command);
      refuseName(own.name);
      const { file } = options;
      const text = own.fleet
        ? starterFleet({ name: own.name, schema: shippedSchema(fleetSchemaFile) })
        : starterInventory({ name: own.name, schema: shippedSchema(schemaFile) });
      await writeOperatorFile(file, text, {
        what: file,
        next: 'Name another file with -f.',
        onlyNew: true,
      });
      answer(
        options,
        'InventoryFile',
        { file },
        () => `Wrote ${file}. Put your hosts in, then run: podstrap plan -f ${file}\n`,
      );
    });

/** What the inventory would refuse is not written into one. @throws Failure `usage` */
function refuseName(name: string): void {
  const path = ['metadata', 'name'];
  const expected = judge(path, name);
  if (expected === undefined) return;
  throw new Failure({
    kind: 'usage',
    doing: 'Naming the cluster',
    said: `${quoted(name)} cannot be the name of a cluster; expected ${expected}`,
    next: suggestFix(path, name) ?? 'Give another name with --name.',
  });
}
