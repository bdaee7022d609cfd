import { Command } from 'commander';
import { recordDigest } from '../../observed/memory/run-record.js';
import { hostsHistory } from '../../stories/history.js';
import { answer } from '../answer.js';
import { exitCodes } from '../exit-codes.js';
import { generationFiles, generationsDirectory } from '../files/generation-files.js';
import { runsDirectory } from '../files/journal-file.js';
import { isChange, type PastRun, type RunStory, readHistory, readStory } from '../files/read-history.js';
import { openInventory } from '../open-session.js';
import { dressOf, type GlobalOptions, globalOptions } from '../options.js';
import { widthOf } from '../terminal.js';
import { historyRows, historyText, storyText } from '../view/history.js';
import { withRun } from '../with-run.js';

interface HistoryOptions {
  readonly all?: boolean;
  readonly hosts?: boolean;
}

export const historyCommand = (): Command =>
  new Command('history')
    .description(
      'List the runs that changed something: when, by whom, and with what result. Contacts no host.',
    )
    .option('--all', 'also runs that changed nothing, such as those of `plan`')
    .option(
      '--hosts',
      'also ask the hosts: runs of other operators, and the states that are kept for rollback',
    )
    .addHelpText(
      'after',
      `
Each run has a journal in .podstrap/NAME/runs/. A run that is not among them was made with another keystore folder;
the hosts know it when it was finished.

Examples:
  $ podstrap history
  $ podstrap history --hosts -o json
  $ podstrap history show 20260501T101500Z`,
    )
    .action((own: HistoryOptions, command: Command) => list(globalOptions(command), own))
    .addCommand(showCommand());

const showCommand = (): Command =>
  new Command('show')
    .description('Show one run: what was done where, what was planned and not done, what failed.')
    .argument('<run>', 'its ID in `podstrap history`, or a unique beginning of it')
    .action(async (run: string, _own: object, command: Command) => {
      const options = globalOptions(command);
      const inventory = await openInventory(options, () => undefined);
      const told = readStory(runsDirectory(inventory), run);
      const own = await generationFiles(generationsDirectory(inventory)).load(told.run);
      const story = { ...told, ...(own === undefined ? {} : { record: recordDigest(own.record) }) };
      answer(
        options,
        'Run',
        story,
        () => `${storyText(story, dressOf(options, process.stdout), widthOf(process.stdout))}\n`,
      );
    });

async function list(options: GlobalOptions, { all = false, hosts = false }: HistoryOptions): Promise<void> {
  const inventory = await openInventory(options, () => undefined);
  const stories = readHistory(runsDirectory(inventory));
  const seen = hosts
    ? await withRun(options, { command: 'history', jsonEvents: false }, hostsHistory)
    : undefined;
  const rows = historyRows(stories.filter((story) => all || isChange(story)).map(summary), seen);
  const told = seen === undefined ? {} : { hosts: seen.hosts, unreachable: seen.unreachable };
  answer(
    options,
    'RunList',
    { cluster: inventory.metadata.name, items: rows, ...told },
    () => `${historyText(rows, seen, dressOf(options, process.stdout), widthOf(process.stdout))}\n`,
  );
  if (seen !== undefined && seen.unreachable.length > 0) process.exitCode = exitCodes.tryAgain;
}

const summary = ({ run, time, by, command, changes, result, seconds }: RunStory): PastRun => ({
  run,
  time,
  by,
  command,
  changes,
  result,
  seconds,
});
