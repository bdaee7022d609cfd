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
    .description('Return the hosts to the state after an earlier run, by the same loop as `up`.')
    .argument('[run]', 'as `podstrap history --hosts` names it. Default: the one before the last')
    .option('-y, --yes', 'do not ask before changing anything')
    .option('--limit <hosts>', 'return only these hosts, with commas between them', listOption)
    .option('--bundle <file>', 'take binaries and images from this bundle; nothing is fetched, by anyone')
    .option('--no-rollback', 'leave a change that fails as it is, for study')
    .addHelpText(
      'after',
      `
Your inventory stays as it is: \`podstrap plan\` then shows what it would bring back, and \`podstrap up\` does that.
Certificates, kubeconfigs and extraFiles stay those of now. Refused before anything is touched: across a minor of etcd
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
