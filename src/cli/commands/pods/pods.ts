import { Command } from 'commander';
import { chosenHosts } from '../../../inventory/static-pods/chosen-hosts.js';
import { listPods } from '../../../stories/pods/list-pods.js';
import { answer } from '../../answer.js';
import { dressOf, globalOptions } from '../../options.js';
import { widthOf } from '../../terminal.js';
import { podsText } from '../../view/pods.js';
import { withRun } from '../../with-run.js';

export const podsCommand = (): Command =>
  new Command('pods')
    .description('List the static pods that run on the hosts, with or without an API.')
    .option('--hosts <hosts>', 'only these: names, and labels as KEY=VALUE, separated by commas')
    .option('--all', 'list pods of the API, too')
    .addHelpText(
      'after',
      `
Container runtimes are asked, through SSH. \`podstrap status\` compares with the inventory.

Examples:
  $ podstrap pods
  $ podstrap pods --hosts ring=canary`,
    )
    .action(async (own: { hosts?: string; all?: boolean }, command: Command) => {
      const options = globalOptions(command);
      const list = await withRun(options, { command: 'pods', jsonEvents: false }, async (session) =>
        listPods(session, chosenHosts(session.inventory, own.hosts), own.all === true),
      );
      answer(
        options,
        'PodList',
        list,
        () => `${podsText(list, dressOf(options, process.stdout), widthOf(process.stdout))}\n`,
      );
    });
