import { Command } from 'commander';
import { takesPart } from '../../inventory/host-kinds.js';
import { controlPlanes, hasApi, type Inventory } from '../../inventory/inventory.js';
import type { Problem } from '../../inventory/reading/problem.js';
import { readInventory } from '../../inventory/reading/read-inventory.js';
import { answer } from '../answer.js';
import { runListCommand } from '../files/run-list-command.js';
import { globalOptions } from '../options.js';
import { paragraphs, printError, widthOf } from '../terminal.js';
import { count } from '../view/plan.js';

export const validateCommand = (): Command =>
  new Command('validate')
    .description(
      'Check the inventory and every file that it names. Contacts no host, creates no keys and changes nothing.',
    )
    .addHelpText(
      'after',
      `
What \`plan\` would refuse before it connects is refused here: fields, addresses, networks, flags, and whatever Kubernetes
of the wanted version does not take. Warnings do not change the exit code.

Exit codes: 0 valid, 64 not valid.`,
    )
    .action(async (_: object, command: Command) => {
      const options = globalOptions(command);
      const { file } = options;
      const { inventory, warnings } = await readInventory(file, {
        environment: process.env,
        run: runListCommand,
      });
      const { metadata, spec } = inventory;
      const counts = countsOf(inventory);
      const cluster = { cluster: metadata.name, kubernetesVersion: spec.kubernetesVersion };
      answer(
        options,
        'InventoryValidation',
        { file, ...cluster, ...counts, warnings: warnings.map(toldWarning) },
        () => {
          for (const { file: place, line, column, path, found, expected } of warnings)
            printError(`warning: ${place}:${line}:${column}: ${path}: ${found}; ${expected}\n`);
          const what = `${hasApi(inventory) ? 'cluster' : 'fleet'} ${metadata.name}`;
          return paragraphs(
            `${file} is valid: ${what}, Kubernetes ${spec.kubernetesVersion}, ${hostsText(inventory)}.\n`,
            widthOf(process.stdout),
          );
        },
      );
    });

/** Every host once: a control plane that also runs workloads is a control plane. */
const countsOf = (inventory: Inventory) => ({
  hosts: inventory.spec.hosts.length,
  controlPlanes: controlPlanes(inventory).length,
  workers: inventory.spec.hosts.filter((host) => takesPart(host, 'remote-node')).length,
});

function hostsText(inventory: Inventory): string {
  const counts = countsOf(inventory);
  const hosts = count(counts.hosts, 'host');
  if (!hasApi(inventory)) return hosts;
  return `${hosts} (${count(counts.controlPlanes, 'control plane')}, ${count(counts.workers, 'worker')})`;
}

const toldWarning = ({ file, line, column, path, found, expected }: Problem) => ({
  file,
  line,
  column,
  path,
  found,
  expected,
});
