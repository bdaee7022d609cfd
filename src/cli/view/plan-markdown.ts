import { asTaken } from '../../plan/as-taken.js';
import { describeStep, restartsOf, type Step } from '../../plan/step.js';
import { stepsOn } from '../../plan/steps-on.js';
import { takersOf } from '../../plan/waves/wave.js';
import { inLine } from './foreign.js';
import { count, nothing, type ShownPlan, shownWaves, strangerLine, summary, uncomparedLine } from './plan.js';
import { signOf } from './sign-of.js';

/**
 * A plan as Markdown, for a merge request or the summary of a job: the order as a table, and the changes of each host
 * folded. What hosts and files say is in code, where nothing of it is obeyed.
 */
export function planMarkdown(shown: ShownPlan, cluster: string): string {
  const { plan } = shown;
  const remarks = [
    ...plan.strangers.map((stranger) => `- ${code(strangerLine(stranger, plan.steps, 'plain'))}`),
    ...(plan.uncompared ? [`- ${uncomparedLine(plan.uncompared)}`] : []),
  ];
  const head = [`### podstrap plan of ${code(cluster)}`, ''];
  const tail = remarks.length === 0 ? [] : ['', ...remarks];
  if (plan.steps.length === 0) return [...head, nothing(shown), ...tail, ''].join('\n');
  const waves = shownWaves(plan);
  const hosts = [...new Set(waves.flatMap((wave) => takersOf(wave.hosts, wave.steps)))];
  return [
    ...head,
    `**${summary(shown)}**`,
    ...tail,
    '',
    '| | In this order | Changes | Restarts |',
    '|---|---|---|---|',
    ...waves.map((wave, index) => {
      const restarts = wave.restarts.map((name) => inCell(name)).join(', ');
      return `| ${index + 1} | ${inCell(wave.title)} | ${wave.steps.length} | ${restarts} |`;
    }),
    ...hosts.flatMap((host) =>
      folded(
        host,
        waves.flatMap((wave) => asTaken(stepsOn(wave.steps, host), wave)),
      ),
    ),
    '',
  ].join('\n');
}

function folded(host: string, steps: readonly Step[]): readonly string[] {
  const restarts = restartsOf(steps);
  const title = `${host === '' ? 'Cluster' : html(host)}: ${count(steps.length, 'change')}${restarts.length === 0 ? '' : `, restarts ${html(restarts.join(', '))}`}`;
  // Without the empty line Markdown within is not read as such.
  return ['', `<details><summary>${title}</summary>`, '', ...steps.flatMap(stepLines), '', '</details>'];
}

function stepLines(step: Step): readonly string[] {
  const line = `- ${code(`${signOf(step)} ${describeStep(step)}`)} ${code(step.reason)}`;
  if (step.diff === undefined) return [line];
  const diff = step.diff.split('\n').filter((one) => one !== '' && !/^(===|\\)/.test(one));
  const fence = '`'.repeat(Math.max(3, longestRun(step.diff) + 1));
  return [line, '', ...[`${fence}diff`, ...diff.map(inLine), fence].map((one) => `  ${one}`), ''];
}

const longestRun = (text: string): number =>
  Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));

/** A code span that nothing in it can end. */
function code(text: string): string {
  const line = inLine(text);
  const fence = '`'.repeat(longestRun(line) + 1);
  const space = /^`|`$/.test(line) ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

/** In a table a bar ends the cell, in code as well. */
const inCell = (text: string): string => code(text).replaceAll('|', '\\|');

const html = (text: string): string =>
  inLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
