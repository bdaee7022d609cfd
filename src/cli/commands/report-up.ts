import type { CheckReport } from '../../check/check-report.js';
import { tell } from '../answer.js';
import { exitCodes } from '../exit-codes.js';
import { dressOf, type GlobalOptions } from '../options.js';
import { widthOf } from '../terminal.js';
import { checkText } from '../view/check.js';
import { seconds } from '../view/texts.js';

/** What an `up` came to. */
export interface Taken {
  readonly steps: number;
  /** Absent where there is no API. */
  readonly kubeconfig?: string;
  /** What a fleet’s roll-out waits for. */
  readonly held?: string;
  /** Hosts that could not be reached. */
  readonly skipped: readonly string[];
  /** The run whose state was brought back. */
  readonly rollbackTo?: string;
  /** The cluster was born, or not alive, before. */
  readonly isFirst: boolean;
  readonly check: CheckReport | undefined;
}

/**
 * Tells what an `up` came to, and sets the exit code.
 * @param took seconds
 */
export function reportUp(options: GlobalOptions, taken: Taken, took: number): void {
  const { isFirst, check, ...result } = taken;
  const { steps, kubeconfig, skipped, held, rollbackTo: run } = result;
  // What is left to do there can be done once they are back.
  if (skipped.length > 0 || held !== undefined) process.exitCode = exitCodes.tryAgain;
  if (check?.ok === false) process.exitCode = exitCodes.failure;
  const left =
    skipped.length === 0
      ? ''
      : `Not reached, and not changed: ${skipped.join(', ')}. Run \`podstrap ${run === undefined ? 'up' : `rollback ${run}`}\` again when ${skipped.length === 1 ? 'it is' : 'they are'} back.\n`;
  const all =
    kubeconfig === undefined
      ? `the hosts${skipped.length === 0 ? '' : ' that were reached'} are`
      : skipped.length === 0
        ? 'hosts and cluster are'
        : 'the hosts that were reached and the cluster are';
  const as = run === undefined ? 'as the inventory says' : `as after run ${run}`;
  const whole = left === '' ? ' After this, `podstrap plan` is empty.' : '';
  const next = run === undefined ? whole : ' `podstrap plan` shows what the inventory would bring back.';
  const proof = isFirst && check === undefined ? '  podstrap check   # proves that it runs pods\n' : '';
  const offers =
    kubeconfig === undefined
      ? '\n  podstrap status\n'
      : `\n  export KUBECONFIG=${kubeconfig}\n  kubectl get nodes\n${proof}`;
  if (held !== undefined) {
    const goesOn = `${steps} change${steps === 1 ? '' : 's'} in ${seconds(took)}; the roll-out goes on later.`;
    tell(options, { event: 'result', ...result, seconds: took }, () => `${goesOn}\n${held}.\n${left}`);
    return;
  }
  const came =
    steps === 0
      ? `Nothing to do: ${all} ${as} (${seconds(took)}).\n${left}`
      : `Done: ${steps} change${steps === 1 ? '' : 's'} in ${seconds(took - (check?.seconds ?? 0))}.${next}\n${left}${process.env['PODSTRAP_DEMO'] === '1' ? '' : offers}`;
  const proven =
    check === undefined
      ? ''
      : `\n${checkText(check, dressOf(options, process.stdout), widthOf(process.stdout))}\n`;
  tell(
    options,
    { event: 'result', ...result, seconds: took, ...(check === undefined ? {} : { check }) },
    () => `${came}${proven}`,
  );
}
