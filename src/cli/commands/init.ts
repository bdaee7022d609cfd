import { Command } from 'commander';
import { starterInventory } from '../../inventory/starter-inventory.js';
import { writeOperatorFile } from '../../operator-file.js';
import { globalOptions } from '../options.js';
import { print } from '../terminal.js';

export const initCommand = (): Command =>
  new Command('init')
    .description('Write a commented starter inventory.')
    .option('--name <name>', 'name of the cluster', 'prod')
    .action(async (own: { name: string }, command: Command) => {
      const { file } = globalOptions(command);
      await writeOperatorFile(file, starterInventory({ name: own.name }), {
        what: file,
        next: 'Choose another name with -f.',
        onlyNew: true,
      });
      print(`Wrote ${file}. Put your hosts in, then run: podstrap plan -f ${file}\n`);
    });
