import { Command } from 'commander';
import type { PhaseName } from '../../desired/resource.js';
import { Failure } from '../../failure.js';
import { estimateOf } from '../../plan/estimate.js';
import { partOf, requireKnown } from '../../plan/narrow.js';
import { phases } from '../../plan/phases.js';
import { planRun } from '../../stories/reconcile.js';
import type { ArtifactSourceOptions } from '../artifact-source.js';
import { newAuthorityOption } from '../ask/vouching.js';
import { exitCodes } from '../exit-codes.js';
import { documentOf, requirePlanPlace, writePlanFile } from '../files/plan-file.js';
import { listOption } from '../list-option.js';
import { dressOf, fewerHostsOption, globalOptions } from '../options.js';
import { jsonText, print, printData, widthOf } from '../terminal.js';
import { planText } from '../view/plan.js';
import { planMarkdown } from '../view/plan-markdown.js';
import { withRun } from '../with-run.js';

interface PlanOptions extends ArtifactSourceOptions {
  readonly detailedExitcode?: boolean;
  readonly fewerHosts?: boolean;
  readonly newAuthority?: string;
  readonly out?: string;
  readonly host?: readonly string[];
  readonly phase?: readonly PhaseName[];
  readonly prune?: boolean;
}

export const planCommand = (): Command =>
  new Command('plan')
    .description(
      'Show what `up` would change on which host and why, with diffs. Changes nothing on any host.',
    )
    .option('--out <file>', 'also write the plan as JSON; `up --plan FILE` applies exactly that')
    .option('--host <names>', 'show only these hosts, separated by commas', listOption)
    .option(
      '--phase <names>',
      `show only these phases: ${phases.map(({ name }) => name).join(', ')}`,
      (words: string, before?: readonly string[]) => knownPhases(listOption(words, before)),
    )
    .option('--prune', 'also show the removal of what is not podstrap’s')
    .option('--bundle <file>', 'take everything from this bundle, as `up --bundle` does')
    .addOption(newAuthorityOption())
    .addOption(fewerHostsOption())
    .option('--detailed-exitcode', 'exit with 2 when there are changes, 0 when there are none')
    .addHelpText(
      'after',
      `
Examples:
  $ podstrap plan --out plan.json && podstrap up --plan plan.json
  $ podstrap plan -o markdown >plan.md  # for a merge request; see examples/pipeline
  $ podstrap plan --phase control-plane --host cp-1`,
    )
    .action(async (own: PlanOptions, command: Command) => {
      const options = globalOptions(command);
      const prune = own.prune === true;
      refuseNarrowFile(own);
      if (own.out !== undefined) await requirePlanPlace(own.out);
      const seen = await withRun(
        options,
        { command: 'plan', jsonEvents: false, supply: own, changes: true, newAuthority: own.newAuthority },
        async (session) => {
          requireKnown(session.inventory, own.host ?? []);
          const { plan: whole, site } = await planRun(session, {
            prune,
            fewerHosts: own.fewerHosts === true,
          });
          await site.close();
          const plan = partOf(whole, own.host, own.phase);
          const document = documentOf(session, plan, prune);
          const estimate = estimateOf(plan, session.inventory);
          return { plan, estimate, document, skipped: [...site.unreachable.keys()] };
        },
      );
      const { plan, document } = seen;
      if (own.out !== undefined) await writePlanFile(own.out, document);
      const only = own.host !== undefined || own.phase !== undefined;
      const texts = {
        json: () => `${jsonText(document, 2)}\n`,
        markdown: () => planMarkdown({ ...seen, only }, document.cluster.name),
        text: () =>
          `${planText({ ...seen, only, every: options.verbose, width: widthOf(process.stdout) }, dressOf(options, process.stdout))}\n`,
      };
      if (options.output === 'text') print(texts.text());
      else printData(texts[options.output]());
      if (own.out !== undefined && options.output === 'text')
        print(`\nWritten to ${own.out}: \`podstrap up --plan ${own.out}\` applies exactly this.\n`);
      if (own.detailedExitcode !== true) return;
      if (plan.steps.length > 0) process.exitCode = exitCodes.changesPending;
      // Nobody knows whether there is something to do on a host, or in the API, that was not looked at.
      else if (seen.skipped.length > 0 || plan.uncompared) process.exitCode = exitCodes.tryAgain;
    });

function knownPhases(names: readonly string[]): readonly PhaseName[] {
  const known = phases.map(({ name }) => name);
  const unknown = names.filter((name) => !(known as readonly string[]).includes(name));
  if (unknown.length === 0) return names as readonly PhaseName[];
  throw new Failure({
    kind: 'usage',
    doing: 'Choosing phases',
    said: `there is no phase ${unknown.join(', ')}`,
    next: `The phases are ${known.join(', ')}.`,
  });
}

/** Part of a plan is for reading: what else belongs to it would be missing when it is applied. */
function refuseNarrowFile({ out, host, phase }: PlanOptions): void {
  if (out === undefined || (host === undefined && phase === undefined)) return;
  throw new Failure({
    kind: 'usage',
    doing: 'Writing the plan to a file',
    said: '--host and --phase only narrow what is shown, and a file is there to be applied',
    next: 'Write the whole plan, or change only some hosts with `podstrap up --limit HOST`.',
  });
}
