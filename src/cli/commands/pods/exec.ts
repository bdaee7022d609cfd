import { Command } from 'commander';
import { hostNamed } from '../../../inventory/inventory.js';
import { chosenHosts } from '../../../inventory/static-pods/chosen-hosts.js';
import { podExec } from '../../../stories/pods/pod-exec.js';
import { answer } from '../../answer.js';
import { globalOptions } from '../../options.js';
import { printError } from '../../terminal.js';
import { withRun } from '../../with-run.js';

export const execCommand = (): Command =>
  new Command('exec')
    .description('Run a command in a container of a static pod, through the container runtime.')
    .argument('<host>', 'name of the host')
    .argument('<pod>', 'name of the static pod')
    .argument('<command...>', 'the command and its arguments, after --')
    .option('-c, --container <name>', 'the container. Default: the first that runs')
    .addHelpText(
      'after',
      '\nThe exit code is that of the command.\n\nExample:\n  $ podstrap exec w-1 web -- cat /etc/web/web.conf',
    )
    .action(
      async (host: string, pod: string, words: string[], own: { container?: string }, command: Command) => {
        const options = globalOptions(command);
        const done = await withRun(options, { command: 'exec', jsonEvents: false }, async (session) => {
          chosenHosts(session.inventory, host);
          return podExec(session, hostNamed(session.inventory, host), pod, words, own.container);
        });
        answer(options, 'Executed', done, () => done.stdout);
        if (options.output !== 'json' && done.stderr !== '') printError(done.stderr);
        process.exitCode = done.code;
      },
    );
