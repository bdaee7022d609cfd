import { Command } from 'commander';
import { Failure } from '../../failure.js';
import { applyRun, type Planned, planRun } from '../../reconcile.js';
import type { Session } from '../../session.js';
import { dressOf, type GlobalOptions, globalOptions } from '../options.js';
import { terminalPrompts } from '../prompts.js';
import { planText } from '../view/plan.js';
import { seconds } from '../view/texts.js';
import { withRun } from '../with-run.js';
import { writeKubeconfig } from '../write-kubeconfig.js';

export const upCommand = (): Command =>
  new Command('up')
    .description('Make it so: bring hosts and cluster to what the inventory says. Run it again at any time.')
    .option('-y, --yes', 'do not ask before changing anything')
    .addHelpText(
      'after',
      `
On bare hosts this is a bootstrap; on a living cluster changes go node by node, each behind health gates.
Interrupted anywhere, the same command goes on where it stopped. Ctrl-C once finishes the step at hand.

Examples:
  $ podstrap plan            # see first
  $ podstrap up              # asks, then does it
  $ podstrap up --yes -o json | jq .`,
    )
    .action(async (own: { yes?: boolean }, command: Command) => {
      const options = globalOptions(command);
      const began = performance.now();
      const taken = await withRun(options, { command: 'up', jsonEvents: true }, async (session, pause) => {
        const planned = await planRun(session);
        try {
          const asked = await approve(planned, options, own.yes === true, pause);
          const steps = await applyRun(session, planned, asked);
          return { steps: steps.length, kubeconfig: await kubeconfigOf(session) };
        } finally {
          await planned.site.close();
        }
      });
      report(options, taken, (performance.now() - began) / 1000);
    });

const kubeconfigOf = (session: Session): Promise<string> => writeKubeconfig(session);

/** Asks on a terminal, and tells whether it did; without one, `--yes` must have been given, unless there is nothing to do. */
async function approve(
  { plan, survey }: Planned,
  options: GlobalOptions,
  yes: boolean,
  pause: () => Promise<void>,
): Promise<boolean> {
  if (plan.steps.length === 0 || yes) return false;
  const prompts = terminalPrompts();
  if (prompts === undefined || options.output === 'json')
    throw new Failure({
      kind: 'usage',
      doing: `Asking whether to make ${plan.steps.length} changes`,
      said: 'there is no terminal to ask on',
      next: 'See them with `podstrap plan`, then run `podstrap up --yes`.',
    });
  await pause();
  const live = survey.situation.kind === 'live';
  process.stdout.write(`${planText(plan, dressOf(options, process.stdout), live)}\n\n`);
  if (!(await prompts.confirm('Make these changes?')))
    throw new Failure({
      kind: 'interrupted',
      doing: 'Asking before the first change',
      said: 'you said no. Nothing was changed',
    });
  return true;
}

function report(options: GlobalOptions, taken: { steps: number; kubeconfig: string }, took: number): void {
  if (options.output === 'json') {
    process.stdout.write(`${JSON.stringify({ event: 'result', ...taken, seconds: took })}\n`);
    return;
  }
  process.stdout.write(
    taken.steps === 0
      ? `Nothing to do: hosts and cluster are as the inventory says (${seconds(took)}).\n`
      : `Done: ${taken.steps} change${taken.steps === 1 ? '' : 's'} in ${seconds(took)}. After this, \`podstrap plan\` is empty.\n\n  export KUBECONFIG=${taken.kubeconfig}\n  kubectl get nodes\n`,
  );
}
