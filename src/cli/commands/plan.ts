import { Command } from 'commander';
import { planRun } from '../../reconcile.js';
import { exitCodes } from '../exit-codes.js';
import { dressOf, globalOptions } from '../options.js';
import { planText } from '../view/plan.js';
import { withRun } from '../with-run.js';

export const planCommand = (): Command =>
  new Command('plan')
    .description(
      'Show what `up` would change on which host and why, with diffs. Changes nothing on any host.',
    )
    .option('--detailed-exitcode', 'exit with 2 when there are changes, 0 when there are none')
    .action(async (own: { detailedExitcode?: boolean }, command: Command) => {
      const options = globalOptions(command);
      const plan = await withRun(options, { command: 'plan', jsonEvents: false }, async (session) => {
        const planned = await planRun(session);
        await planned.site.close();
        return planned.plan;
      });
      process.stdout.write(
        options.output === 'json'
          ? `${JSON.stringify({ apiVersion: 'podstrap.io/v1alpha1', kind: 'Plan', ...plan }, null, 2)}\n`
          : `${planText(plan, dressOf(options, process.stdout), true)}\n`,
      );
      if (own.detailedExitcode === true && plan.steps.length > 0) process.exitCode = exitCodes.changesPending;
    });
