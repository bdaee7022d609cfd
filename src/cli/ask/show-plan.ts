import { estimateOf } from '../../plan/estimate.js';
import type { Planned } from '../../stories/reconcile.js';
import type { Session } from '../../survey/session.js';
import { dressOf, type GlobalOptions } from '../options.js';
import { print, widthOf } from '../terminal.js';
import { planText } from '../view/plan.js';
import type { Desk } from './desk.js';

/** What somebody is asked about, as text. */
export function shownPlan(planned: Planned, { inventory }: Session, options: GlobalOptions): string {
  const { plan } = planned;
  const all = {
    plan,
    estimate: estimateOf(plan, inventory),
    skipped: skippedOf(planned),
    every: options.verbose,
    width: widthOf(process.stdout),
  };
  return `${planText(all, dressOf(options, process.stdout))}\n`;
}

/** Where nobody is asked, the log says what was approved. */
export async function showPlan(
  planned: Planned,
  session: Session,
  options: GlobalOptions,
  { pause }: Pick<Desk, 'pause'>,
): Promise<void> {
  if (options.output !== 'text' || planned.plan.steps.length === 0) return;
  await pause();
  print(`${shownPlan(planned, session, options)}\n`);
}

/** Hosts that were to be changed and could not be reached. */
export const skippedOf = ({ site, scope }: Planned): string[] =>
  [...site.unreachable.keys()].filter((host) => scope.limit?.includes(host) ?? true);
