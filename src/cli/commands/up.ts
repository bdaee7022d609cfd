import { Command } from 'commander';
import { Failure, Failures } from '../../failure.js';
import { hasApi } from '../../inventory/inventory.js';
import type { PlanDocument } from '../../plan/documents/plan-document.js';
import { provenPlan, refuseOther, type UnprovenPlan } from '../../plan/documents/read-plan.js';
import { requireKnown } from '../../plan/narrow.js';
import { type CheckOptions, checkSite } from '../../stories/check-cluster.js';
import { refuseWithoutApi } from '../../stories/fleet/refuse-without-api.js';
import { applyRun, type Planned, planRun } from '../../stories/reconcile.js';
import { type Rollback, requireSame } from '../../stories/rollback.js';
import type { Session } from '../../survey/session.js';
import type { ArtifactSourceOptions } from '../artifact-source.js';
import { askFirst } from '../ask/ask-first.js';
import type { Desk } from '../ask/desk.js';
import { giveUpVolumes } from '../ask/give-up-volumes.js';
import { shownPlan, showPlan, skippedOf } from '../ask/show-plan.js';
import { newAuthorityOption } from '../ask/vouching.js';
import { identityNow, readPlanFile } from '../files/plan-file.js';
import { writeKubeconfig } from '../files/write-kubeconfig.js';
import { listOption } from '../list-option.js';
import { fewerHostsOption, type GlobalOptions, globalOptions } from '../options.js';
import { parseRate } from '../rate.js';
import { type RunOptions, withRun } from '../with-run.js';
import { removeVanished } from './remove-vanished.js';
import { reportUp, type Taken } from './report-up.js';

export interface UpOptions extends ArtifactSourceOptions {
  readonly yes?: boolean;
  readonly plan?: string;
  readonly limit?: readonly string[];
  readonly prune?: boolean;
  readonly rollback?: boolean;
  readonly check?: boolean;
  readonly retry?: boolean;
  readonly remove?: readonly string[];
  readonly fewerHosts?: boolean;
  readonly newAuthority?: string;
  readonly giveUpVolumes?: boolean;
}

export const upCommand = (): Command =>
  new Command('up')
    .description(
      'Apply the inventory: bring hosts and cluster to the state it describes. Safe to run again at any time.',
    )
    .option('-y, --yes', 'do not ask before changing anything')
    .option('--plan <file>', 'apply exactly the plan that `plan --out` wrote, or nothing; does not ask')
    .option('--limit <hosts>', 'change only these hosts, separated by commas', listOption)
    .option('--prune', 'also remove what is not podstrap’s, such as other manifests; see `plan --prune`')
    .option('--bundle <file>', 'take everything from this bundle; nothing is downloaded')
    .option(
      '--max-upload <rate>',
      'upload limit in bytes per second for all hosts together, such as 20M',
      parseRate,
    )
    .option(
      '--no-rollback',
      'leave a failed change as it is, for inspection, instead of putting back what was there',
    )
    .option('--check', 'prove at the end that the cluster runs pods, as `podstrap check --wait 2m` does')
    .option(
      '--give-up-volumes',
      'let hosts leave even if they hold the only copy of claimed local volumes; on a terminal you are asked instead',
    )
    .option(
      '--remove <hosts>',
      'first reset these hosts, which are no longer in the fleet’s inventory, separated by commas',
      listOption,
    )
    .addOption(newAuthorityOption())
    .addOption(fewerHostsOption())
    .option('--retry', 'begin a fleet’s roll-out again although it has failed before')
    .addHelpText(
      'after',
      `
On bare hosts this is a bootstrap; on a live cluster changes go node by node, each behind health gates.
Interrupted anywhere, the same command continues where it stopped. Ctrl-C once finishes the current step.

Examples:
  $ podstrap plan            # see first
  $ podstrap up              # asks, then does it
  $ podstrap plan --out plan.json && podstrap up --plan plan.json
  $ podstrap up --limit cp-2 # one node first
  $ podstrap up --yes --check # and prove that it runs pods
  $ podstrap up --bundle prod.tar
  $ podstrap up --yes -o json | jq .`,
    )
    .action((own: UpOptions, command: Command) => bringUp(globalOptions(command), own, { command: 'up' }));

/** Plan, approval, apply and report: what `up` does, and every command that is `up` with something more to change. */
export async function bringUp(
  options: GlobalOptions,
  own: UpOptions,
  run: Pick<RunOptions, 'command' | 'renew'>,
  back?: Back,
): Promise<void> {
  refuseTogether(own);
  const read = own.plan === undefined ? undefined : readPlanFile(own.plan);
  const scope = {
    prune: read?.prune ?? own.prune === true,
    limit: own.limit,
    retry: own.retry === true,
    fewerHosts: own.fewerHosts === true,
  };
  const began = performance.now();
  let thought = 0;
  /** How long somebody took to answer is no part of the run. */
  const asking = async <Answer>(question: Promise<Answer>): Promise<Answer> => {
    const from = performance.now();
    const answer = await question;
    thought += performance.now() - from;
    return answer;
  };
  const taken = await withRun(
    options,
    {
      ...run,
      jsonEvents: true,
      supply: own,
      changes: true,
      vouches: true,
      whole: true,
      newAuthority: own.newAuthority,
    },
    async (session, desk) => {
      const approved = read && approvedPlan(read, session);
      requireKnown(session.inventory, own.limit ?? []);
      if (own.check) refuseWithoutApi(session.inventory, `${run.command} --check`);
      if (own.remove) await removeVanished(session, own.remove, own.yes === true, options, desk);
      const rollback = await back?.(session);
      const used = rollback?.session ?? session;
      const planned = await planRun(used, { ...scope, ...rollbackTo(rollback) });
      try {
        if (rollback) requireSame(planned, rollback);
        if (approved) await showPlan(planned, used, options, desk);
        const approval = approved
          ? { exactly: approved }
          : { read: await asking(approve(planned, used, options, own.yes === true, run.command, desk)) };
        if (own.giveUpVolumes !== true) await asking(giveUpVolumes(planned, options, desk));
        await session.keepRenewed?.();
        const { steps, failed, held } = await applyRun(used, planned, approval, own.rollback);
        const skipped = skippedOf(planned);
        const kubeconfig = hasApi(session.inventory) ? await writeKubeconfig(session) : undefined;
        // The control plane stands, and can be looked at with it; the exit code says that not all is well.
        if (failed.length > 0) throw new Failures(failed);
        const check = own.check ? await checkSite(used, planned.site, afterUp) : undefined;
        const isFirst = planned.survey.situation.kind !== 'live';
        return {
          steps: steps.length,
          ...(kubeconfig === undefined ? {} : { kubeconfig }),
          skipped,
          isFirst,
          check,
          ...(held === undefined ? {} : { held }),
          ...rollbackTo(rollback),
        };
      } finally {
        await planned.site.close();
      }
    },
  );
  reportUp(options, taken, (performance.now() - began - thought) / 1000);
}

/** The plan of a file, when it is one of this cluster and inventory, and nobody edited it. @throws Failure `refused`, `usage` */
function approvedPlan(read: UnprovenPlan, session: Session): PlanDocument {
  const now = identityNow(session, read.prune);
  const approved = provenPlan(read, now, session.keys.planKey);
  refuseOther(read.file, approved, now);
  return approved;
}

/** Nodes, CoreDNS and the rules of kube-proxy come up behind the control plane. */
const afterUp: CheckOptions = { patience: 120_000, every: false };

/** Finds the earlier state that the hosts are to have, instead of the inventory's. */
export type Back = (session: Session) => Promise<Rollback>;

const rollbackTo = (rollback: Rollback | undefined): Pick<Taken, 'rollbackTo'> =>
  rollback === undefined ? {} : { rollbackTo: rollback.run };

/** A plan file says itself what it is about. @throws Failure `usage` */
function refuseTogether({ plan, limit, prune }: UpOptions): void {
  if (plan === undefined || (limit === undefined && prune !== true)) return;
  throw new Failure({
    kind: 'usage',
    doing: 'Reading the options',
    said: '--plan applies exactly what its file says, so --limit and --prune cannot change it',
    next: 'Leave them out. `podstrap plan --prune --out FILE` makes a plan that removes what is not podstrap’s.',
  });
}

/** Asks on a terminal, and tells whether it did; without one, `--yes` must have been given, unless there is nothing to do. */
async function approve(
  planned: Planned,
  session: Session,
  options: GlobalOptions,
  yes: boolean,
  command: string,
  desk: Desk,
): Promise<boolean> {
  const { plan } = planned;
  if (plan.steps.length === 0) return false;
  if (yes) {
    await showPlan(planned, session, options, desk);
    return false;
  }
  await askFirst(
    {
      doing: `Asking whether to make ${plan.steps.length} changes`,
      next: `${command === 'up' ? 'See them with `podstrap plan`, then run' : 'Run'} \`podstrap ${command} --yes\`.`,
      shown: () => shownPlan(planned, session, options),
      question: `Make ${these(plan.steps)} now?`,
      declined: 'Asking before the first change',
    },
    options,
    desk,
  );
  return true;
}

/** What a yes does, in a few words. */
function these(steps: Planned['plan']['steps']): string {
  const hosts = [...new Set(steps.map(({ host }) => host))].filter((host) => host !== '');
  const changes = steps.length === 1 ? 'this change' : `these ${steps.length} changes`;
  if (hosts.length === 0) return `${changes} in the cluster`;
  return `${changes} on ${hosts.length > mostNames ? `${hosts.length} hosts` : hosts.join(', ')}`;
}

/** As many as can be read at a glance. */
const mostNames = 5;
