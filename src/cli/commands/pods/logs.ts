import { Command, InvalidArgumentError } from 'commander';
import { chosenHosts } from '../../../inventory/static-pods/chosen-hosts.js';
import { podLogs } from '../../../stories/pods/pod-logs.js';
import { asDocument } from '../../answer.js';
import { exitCodes } from '../../exit-codes.js';
import { globalOptions } from '../../options.js';
import { jsonText, print, printData } from '../../terminal.js';
import { inLine } from '../../view/foreign.js';
import { withRun } from '../../with-run.js';

interface LogsOptions {
  readonly hosts?: string;
  readonly follow?: boolean;
  readonly tail: number;
}

const numberOfLines = (text: string): number => {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is not a number of lines.');
};

export const logsCommand = (): Command =>
  new Command('logs')
    .description('Show the logs of a static pod, from all hosts that have it, with or without an API.')
    .argument('<pod>', 'its name, such as kube-apiserver, or that of an entry of spec.staticPods')
    .option('--hosts <hosts>', 'only these: names, and labels as KEY=VALUE, separated by commas')
    .option('--follow', 'keep printing what is written, until Ctrl-C')
    .option('--tail <lines>', 'how many of the last lines of each container', numberOfLines, 20)
    .addHelpText(
      'after',
      `
Examples:
  $ podstrap logs kube-apiserver --hosts cp-1
  $ podstrap logs web --hosts ring=canary --follow`,
    )
    .action(async (pod: string, own: LogsOptions, command: Command) => {
      const options = globalOptions(command);
      const without = await withRun(
        { ...options, verbose: false },
        { command: 'logs', jsonEvents: false },
        async (session, { pause }) => {
          const hosts = chosenHosts(session.inventory, own.hosts);
          await pause();
          const quiet = { ...session, emit: () => undefined };
          const lacking = await podLogs(
            quiet,
            hosts,
            pod,
            { follow: own.follow === true, lines: own.tail },
            (line) =>
              options.output === 'json'
                ? printData(`${jsonText(asDocument('LogLine', { pod, ...line }), 0)}\n`)
                : print(`${line.host} ${line.container} ${inLine(line.text)}\n`),
          );
          return lacking.length === hosts.length;
        },
      );
      if (without) process.exitCode = exitCodes.failure;
    });
