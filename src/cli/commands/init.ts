import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { Failure } from '../../failure.js';
import { starterInventory } from '../../inventory/starter-inventory.js';
import { globalOptions } from '../options.js';
import { print } from '../terminal.js';

export const initCommand = (): Command =>
  new Command('init')
    .description('Write a commented starter inventory.')
    .option('--name <name>', 'name of the cluster', 'prod')
    .action(async (own: { name: string }, command: Command) => {
      const { file } = globalOptions(command);
      try {
        await writeFile(file, starterInventory({ name: own.name }), { flag: 'wx' });
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        throw new Failure({
          kind: 'usage',
          doing: `Writing ${file}`,
          said: code === 'EEXIST' ? 'it is there already, and stays as it is' : String(code),
          next: 'Choose another name with -f.',
          cause,
        });
      }
      print(`Wrote ${file}. Put your hosts in, then run: podstrap plan -f ${file}\n`);
    });
