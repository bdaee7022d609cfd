import { Command } from 'commander';
import { earlierInventory } from '../../inventory/earlier-inventory.js';
import { localFiles } from '../../inventory/reading/files.js';
import { openRollback } from '../../stories/rollback.js';
import { artifactSource } from '../artifact-source.js';
import { listOption } from '../list-option.js';
import { globalOptions } from '../options.js';
import { bringUp, type UpOptions } from './up.js';

export const rollbackCommand = (): Command =>
  new Command('rollback')
    .description(
      'Roll the hosts back to their state after an earlier run, with the same plan and gates as `up`.',
    )
    .argument('[run]', 'as `podstrap history --hosts` names it. Default: the one before the last')
    .option('-y, --yes', 'do not ask before changing anything')
    .option('--limit <hosts>', 'roll back only these hosts, separated by commas', listOption)
    .option('--bundle <file>', 'take binaries and images from this bundle; nothing is downloaded')
    .option('--no-rollback', 'leave a failed change as it is, for inspection')
    .addHelpText(
      'after',
      `
Your inventory stays as it is: \`podstrap plan\` then shows what it would bring back, and \`podstrap up\` does that.
Certificates, kubeconfigs and extraFiles stay as they are now. Refused before anything is touched: across a minor of etcd
or Kubernetes, and across a change of hosts, authorities or the encryption of data.

Examples:
  $ podstrap history --hosts
  $ podstrap rollback        # asks, then does it
  $ podstrap rollback 20260501T101500Z-3f9a --yes`,
    )
    .action((run: string | undefined, own: UpOptions, command: Command) =>
      bringUp(globalOptions(command), own, { command: 'rollback' }, (session) =>
        openRollback(session, run, own.limit, {
          inventory: (of, sources) =>
            earlierInventory(of, sources, session.inventory, {
              environment: process.env,
              files: localFiles,
            }),
          artifacts: (inventory) => artifactSource(inventory, own, session.emit, session.abort),
        }),
      ),
    );
