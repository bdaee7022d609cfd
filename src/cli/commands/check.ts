import { Command, Option } from 'commander';
import { checkKinds } from '../../check/check-report.js';
import { checkCis } from '../../stories/check-cis.js';
import { checkCluster } from '../../stories/check-cluster.js';
import { answer } from '../answer.js';
import { exitCodes } from '../exit-codes.js';
import { dressOf, type GlobalOptions, globalOptions } from '../options.js';
import { widthOf } from '../terminal.js';
import { timeSpan } from '../time-span.js';
import { checkText } from '../view/check.js';
import { cisText } from '../view/cis.js';
import { withRun } from '../with-run.js';

const width = Math.max(...checkKinds.map(({ name }) => name.length));

export const checkCommand = (): Command =>
  new Command('check')
    .description('Prove that the cluster runs pods: start one on every node for a moment and query it.')
    .addOption(
      new Option('--wait <time>', 'how long each check may take to pass, such as 2m')
        .argParser(timeSpan)
        .default(10_000, '10s'),
    )
    .option('--every', 'also check what the inventory switches off: something else may provide it')
    .addOption(
      new Option(
        '--cis',
        'instead, check every host against the CIS Kubernetes Benchmark, from the files on it; only reads',
      ).conflicts(['wait', 'every']),
    )
    .addHelpText(
      'after',
      `
Checks:
${checkKinds.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')}

It fetches nothing: the pods are made of what every host has. What it makes is in a namespace of its own, podstrap-check-…,
which is removed at the end, also after Ctrl-C; what a killed check left behind, the next one removes.
Exit code 1 when a check failed.

Examples:
  $ podstrap check
  $ podstrap check --wait 2m          # right after a change
  $ podstrap check -o json            # for a monitor
  $ podstrap check --cis              # what kube-bench would say, row by row`,
    )
    .action(async (own: { wait: number; every?: boolean; cis?: boolean }, command: Command) => {
      const options = globalOptions(command);
      if (own.cis === true) return checkByBenchmark(options);
      const report = await withRun(
        options,
        { command: 'check', needsApi: true, jsonEvents: false },
        (session) => checkCluster(session, { patience: own.wait, every: own.every === true }),
      );
      answer(
        options,
        'CheckReport',
        report,
        () => `${checkText(report, dressOf(options, process.stdout), widthOf(process.stdout))}\n`,
      );
      process.exitCode = report.ok ? exitCodes.success : exitCodes.failure;
    });

async function checkByBenchmark(options: GlobalOptions): Promise<void> {
  const run = { command: 'check', needsApi: true, jsonEvents: false };
  const report = await withRun(options, run, checkCis);
  answer(
    options,
    'CisReport',
    report,
    () => `${cisText(report, dressOf(options, process.stdout), widthOf(process.stdout))}\n`,
  );
  process.exitCode = report.ok ? exitCodes.success : exitCodes.failure;
}
