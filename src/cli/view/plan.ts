import type { Estimate } from '../../plan/estimate.js';
import { describeStep, type Plan, restartsOf, type Step, type Stranger } from '../../plan/step.js';
import { stepsOn } from '../../plan/steps-on.js';
import { meanwhile } from '../../plan/waves/ancestors.js';
import { partOfWaves } from '../../plan/waves/part-of-waves.js';
import type { Wave } from '../../plan/waves/wave.js';
import { type Dress, dressed } from '../terminal.js';
import { inLine } from './foreign.js';
import { bytes } from './texts.js';

/** What there is to show of a plan. */
export interface ShownPlan {
  readonly plan: Plan;
  readonly estimate: Estimate;
  /** Hosts that could not be looked at. */
  readonly skipped?: readonly string[];
  /** True when this is only a part of the plan. */
  readonly only?: boolean;
}

/** A plan as text: what would change and why, in the order in which it can begin, then a count and about how long it takes. */
export function planText(shown: ShownPlan, dress: Dress): string {
  const { plan } = shown;
  const lines = plan.strangers.map((stranger) => strangerLine(stranger, plan.steps, dress));
  if (plan.uncompared) lines.push(`${dressed(dress, 'yellow', '!')} ${uncomparedLine(plan.uncompared)}`);
  if (plan.steps.length === 0) return [...lines, nothing(shown)].join('\n');
  const waves = shownWaves(plan);
  for (const [index, wave] of waves.entries()) {
    const number = waves.length > 1 ? `${index + 1}. ` : '';
    lines.push(...waveLines(wave, `${number}${inLine(wave.title)}`, dress));
  }
  lines.push('', summary(shown));
  return lines.join('\n');
}

/** The waves that change something, with `meanwhile` where one need not wait for the one before it. */
export function shownWaves({ waves, steps }: Plan): readonly Wave[] {
  // What only awaits or compares is no change.
  const changing = partOfWaves(waves, undefined, steps, true);
  const besides = meanwhile(changing);
  return changing.map((wave) =>
    besides.has(wave.name) ? { ...wave, title: `${wave.title}, meanwhile` } : wave,
  );
}

function waveLines({ title: name, hosts, steps, restarts }: Wave, title: string, dress: Dress): string[] {
  const stops = restarts.length === 0 ? '' : `: restarts ${restarts.join(', ')}`;
  const own = hosts.flatMap((host) => {
    const taken = stepsOn(steps, host);
    const named = host !== '' && taken.length > 0 && !name.startsWith(host);
    return [...(named ? [`  ${dressed(dress, 'cyan', host)}`] : []), ...stepLines(taken, dress)];
  });
  return [`${dressed(dress, 'bold', title)}${dressed(dress, 'yellow', stops)}`, ...own];
}

/** What is said of a plan without steps. */
export function nothing({ plan, skipped = [], only = false }: ShownPlan): string {
  if (skipped.length > 0)
    return `Nothing to do on the hosts that were reached; not looked at: ${skipped.join(', ')}.`;
  if (plan.uncompared) return 'Nothing to do on the hosts.';
  return only
    ? 'Nothing to do in this part of the plan.'
    : 'Nothing to do: hosts and cluster are as the inventory says.';
}

/** What nobody could tell about the API. */
export const uncomparedLine = (objects: readonly string[]): string =>
  `${count(objects.length, 'object')} of the API could not be compared: no API server answered. \`podstrap up\` compares and applies them once one does.`;

/** What is not podstrap's, and what becomes of it. */
export function strangerLine({ host, path, said }: Stranger, steps: readonly Step[], dress: Dress): string {
  const goes = steps.some(
    (step) => step.host === host && step.action.do === 'remove-file' && step.action.path === path,
  );
  return `${dressed(dress, 'yellow', '?')} ${host}: ${inLine(path)}: ${inLine(said)}. ${goes ? 'It is removed.' : 'Left alone.'}`;
}

function stepLines(steps: readonly Step[], dress: Dress): string[] {
  return steps.flatMap((step) => [
    `    ${dressed(dress, 'yellow', '~')} ${inLine(describeStep(step))}${dressed(dress, 'dim', `  (${inLine(step.reason)})`)}`,
    ...(step.diff === undefined ? [] : diffLines(step.diff, dress)),
  ]);
}

function diffLines(diff: string, dress: Dress): string[] {
  return diff
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('===') && !line.startsWith('\\'))
    .map((line) => {
      const style = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : 'dim';
      return `      ${dressed(dress, style, inLine(line))}`;
    });
}

/** Such as `2 changes`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** How many changes, what stops, and about how long it takes. */
export function summary({ plan: { steps }, estimate, skipped = [] }: ShownPlan): string {
  const hosts = [...new Set(steps.map((step) => step.host).filter(Boolean))];
  const restarts = hosts.flatMap((host) => restartsOf(stepsOn(steps, host))).length;
  const stops = restarts === 0 ? 'nothing that runs is restarted' : count(restarts, 'restart');
  const sent = estimate.bytes === 0 ? '' : `, and the time to send ${bytes(estimate.bytes)} to a host`;
  const watched =
    estimate.watched === 0 ? '' : `, ${duration(estimate.watched)} of it watching what was changed`;
  const left = skipped.length === 0 ? '' : ` Not looked at: ${skipped.join(', ')}.`;
  return `${count(steps.length, 'change')} on ${count(hosts.length, 'host')}; ${stops}. About ${duration(estimate.seconds)}${watched}${sent}.${left}`;
}

const duration = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
