import { phases } from '../../phases/index.js';
import { describeStep, type Plan, type Step } from '../../plan/step.js';
import { type Dress, dressed } from '../problem.js';

/** A plan as text: per phase and host what would change and why, then a count. */
export function planText(plan: Plan, dress: Dress, withDiffs: boolean): string {
  const lines: string[] = [];
  for (const stranger of plan.strangers)
    lines.push(
      `${dressed(dress, 'yellow', '?')} ${stranger.host}: ${stranger.path}: ${stranger.said}. Left alone.`,
    );
  if (plan.steps.length === 0)
    return [...lines, 'Nothing to do: hosts and cluster are as the inventory says.'].join('\n');
  for (const { name, title } of phases) {
    const steps = plan.steps.filter((step) => step.phase === name);
    if (steps.length === 0) continue;
    lines.push(dressed(dress, 'bold', title));
    for (const host of new Set(steps.map((step) => step.host)))
      lines.push(
        ...hostLines(
          host,
          steps.filter((step) => step.host === host),
          dress,
          withDiffs,
        ),
      );
  }
  lines.push('', summary(plan.steps));
  return lines.join('\n');
}

function hostLines(host: string, steps: readonly Step[], dress: Dress, withDiffs: boolean): string[] {
  const lines = [`  ${dressed(dress, 'cyan', host === '' ? 'cluster' : host)}`];
  for (const step of steps) {
    lines.push(
      `    ${dressed(dress, 'yellow', '~')} ${describeStep(step)}${dressed(dress, 'dim', `  (${step.reason})`)}`,
    );
    if (withDiffs && step.diff !== undefined) lines.push(...diffLines(step.diff, dress));
  }
  return lines;
}

function diffLines(diff: string, dress: Dress): string[] {
  return diff
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('===') && !line.startsWith('\\'))
    .map((line) => {
      const style = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : 'dim';
      return `      ${dressed(dress, style, line)}`;
    });
}

function summary(steps: readonly Step[]): string {
  const hosts = new Set(steps.map((step) => step.host).filter(Boolean)).size;
  const restarted = steps.filter(
    ({ action }) => action.do === 'switch-manifest' || action.do === 'restart-unit',
  );
  const count = `${steps.length} change${steps.length === 1 ? '' : 's'} on ${hosts} host${hosts === 1 ? '' : 's'}`;
  return restarted.length === 0
    ? `${count}; nothing that runs is restarted.`
    : `${count}; ${restarted.length} restart${restarted.length === 1 ? '' : 's'}.`;
}
