import { Command } from 'commander';
import { chosenHosts } from '../../../inventory/static-pods/chosen-hosts.js';
import { top } from '../../../stories/pods/top.js';
import { answer } from '../../answer.js';
import { dressOf, globalOptions } from '../../options.js';
import { widthOf } from '../../terminal.js';
import { usageText } from '../../view/usage.js';
import { withRun } from '../../with-run.js';

export const topCommand = (): Command =>
  new Command('top')
    .description('Show the CPU and memory that hosts and their pods use, with or without an API.')
    .option('--hosts <hosts>', 'only these: names, and labels as KEY=VALUE, separated by commas')
    .addHelpText('after', '\nThe kernels are asked, through SSH; processors are averages over one second.')
    .action(async (own: { hosts?: string }, command: Command) => {
      const options = globalOptions(command);
      const usage = await withRun(options, { command: 'top', jsonEvents: false }, async (session) =>
        top(session, chosenHosts(session.inventory, own.hosts)),
      );
      answer(
        options,
        'Usage',
        usage,
        () => `${usageText(usage, dressOf(options, process.stdout), widthOf(process.stdout))}\n`,
      );
    });
