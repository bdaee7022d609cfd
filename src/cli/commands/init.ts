import { Command } from 'commander';
import { starterInventory } from '../../inventory/starter-inventory.js';
import { writeOperatorFile } from '../../operator/operator-file.js';
import { answer } from '../answer.js';
import { globalOptions } from '../options.js';

export const initCommand = (): Command =>
  new Command('init')
    .description('Write a commented starter inventory.')
    .option('--name <name>', 'name of the cluster', 'prod')
    .action(async (own: { name: string }, command: Command) => {
      const options = globalOptions(command);
      const { file } = options;
      await writeOperatorFile(file, starterInventory({ name: own.name }), {
        what: file,
        next: 'Choose another name with -f.',
        onlyNew: true,
      });
      answer(
        options,
        'InventoryFile',
        { file },
        () => `Wrote ${file}. Put your hosts in, then run: podstrap plan -f ${file}\n`,
      );
    });
