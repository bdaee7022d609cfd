import { asTaken } from '../../plan/as-taken.js';
import type { Estimate } from '../../plan/estimate.js';
import { describeStep, type Plan, restartsOf, type Step, type Stranger } from '../../plan/step.js';
import { stepsOn } from '../../plan/steps-on.js';
import { meanwhile } from '../../plan/waves/ancestors.js';
import { partOfWaves } from '../../plan/waves/part-of-waves.js';
import { takersOf, type Wave } from '../../plan/waves/wave.js';
import { type Dress, dressed, wrapped } from '../terminal.js';
import { inLine } from './foreign.js';
import { type Entry, folded, keyOf, mergedSteps, namesOf } from './merged-steps.js';
import { signOf } from './sign-of.js';
import { bytes } from './texts.js';

/** What there is to show of a plan. */
export interface ShownPlan {
  readonly plan: Plan;
  readonly estimate: Estimate;
  /** Hosts that could not be looked at. */
  readonly skipped?: readonly string[];
  /** True when this is only a part of the plan. */
  readonly only?: boolean;
  /** Show every step of every host, however much is the same. */
  readonly every?: boolean;
  /** Of the terminal; undefined where there is none. */
  readonly width?: number | undefined;
}

/** A plan as text: what would change and why, in the order in which it happens, then a count and about how long it takes. */
export function planText(shown: ShownPlan, dress: Dress): string {
  const { plan, every = false, width } = shown;
  const lines = plan.strangers.map((stranger) => strangerLine(stranger, plan.steps, dress));
  if (plan.uncompared) lines.push(`${dressed(dress, 'yellow', '!')} ${uncomparedLine(plan.uncompared)}`);
  if (plan.steps.length === 0) return [...lines, nothing(shown)].join('\n');
  const waves = shownWaves(plan);
  const numbered = waves.length > 1;
  const before: Told[] = [];
  let folds = false;
  for (const [index, wave] of waves.entries()) {
    const restarts = wave.restarts.length === 0 ? '' : `: restarts ${wave.restarts.join(', ')}`;
    const title = dressed(dress, 'bold', `${numbered ? `${index + 1}. ` : ''}${inLine(wave.title)}`);
    lines.push(`${title}${dressed(dress, 'yellow', restarts)}`);
    const takers = takersOf(wave.hosts, wave.steps);
    const told = every ? takers.map((host) => toldOf(wave, [host])) : [toldOf(wave, takers)];
    for (const one of told) {
      const { hosts } = one;
      if (hosts[0] !== '' && !(hosts.length === 1 && wave.title.startsWith(hosts[0]!)))
        lines.push(`  ${dressed(dress, 'cyan', listed(hosts))}`);
      const same = every ? undefined : before.find((earlier) => saves(earlier, one));
      if (same) lines.push(`    ${dressed(dress, 'dim', asOn(same, one))}`);
      const rest = same ? one.entries.filter((_, at) => !same.keys.has(one.list[at]!)) : one.entries;
      const shorter = every ? rest : folded(rest);
      folds ||= shorter.some(({ steps }) => steps.length > 1);
      for (const entry of shorter) lines.push(...entryLines(entry, hosts, dress));
      before.push(one);
    }
  }
  lines.push('', summary(shown));
  if (folds) lines.push('`podstrap plan -v` lists every change.');
  return lines
    .flatMap((line) => (width === undefined || isDiff(line) ? line : wrapped(line, width, further)))
    .join('\n');
}

/** The waves that change something, with `at the same time` where one need not wait for the one before it. */
export function shownWaves({ waves, steps }: Plan): readonly Wave[] {
  // What only awaits or compares is no change.
  const changing = partOfWaves(waves, undefined, steps, true);
  const besides = meanwhile(changing);
  return changing.map((wave) =>
    besides.has(wave.name) ? { ...wave, title: `${wave.title}, at the same time` } : wave,
  );
}

/** A line of a diff stays as it is, however wide. */
const isDiff = (line: string): boolean => line.startsWith('      ');
/** Before what does not fit on the line of a step. */
const further = '        ';

/** What some hosts of a wave do. */
interface Told {
  readonly hosts: readonly string[];
  readonly entries: readonly Entry[];
  /** What there is to read of each of them. */
  readonly list: readonly string[];
  readonly keys: ReadonlySet<string>;
  /** Whether each of these hosts does all of it. */
  readonly whole: boolean;
}

function toldOf(wave: Wave, hosts: readonly string[]): Told {
  const entries = mergedSteps(new Map(hosts.map((host) => [host, asTaken(stepsOn(wave.steps, host), wave)])));
  const list = entries.map((entry) => keyOf(entry.steps[0]!));
  const whole = entries.every((entry) => entry.hosts.length === hosts.length);
  return { hosts, entries, list, keys: new Set(list), whole };
}

/** Whether hosts of an earlier wave did the same, and there is enough of it that nobody wants to read it twice. */
const saves = (earlier: Told, { list, keys, whole }: Told): boolean =>
  earlier.whole &&
  whole &&
  earlier.list.join('\n').split('\n').length > 2 &&
  list.length >= earlier.list.length &&
  earlier.list.every((key) => keys.has(key));

const asOn = (earlier: Told, { list }: Told): string =>
  `the same as on ${listed(earlier.hosts)}${list.length > earlier.list.length ? ', and' : ''}`;

/** More names than that nobody reads. */
const mostNames = 8;

/** Names of hosts with commas between them. */
const listed = (hosts: readonly string[]): string =>
  hosts.length > mostNames
    ? `${hosts.slice(0, mostNames - 1).join(', ')} and ${hosts.length - mostNames + 1} more`
    : hosts.join(', ');

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

const signStyles = { '+': 'green', '~': 'yellow', '-': 'red' } as const;

/** @param among the hosts that this stands below: those that all of it is for */
function entryLines({ hosts, steps }: Entry, among: readonly string[], dress: Dress): string[] {
  const [first] = steps as readonly [Step];
  const sign = signOf(first);
  const on = hosts.length === among.length ? '' : ` on ${listed(hosts)}`;
  const start = `    ${dressed(dress, signStyles[sign], sign)} `;
  if (steps.length > 1) return [`${start}${listedSteps(steps)}${on}`];
  return [
    `${start}${inLine(describeStep(first))}${on}${dressed(dress, 'dim', `  (${inLine(first.reason)})`)}`,
    ...(first.diff === undefined ? [] : diffLines(first.diff, dress)),
  ];
}

/** Characters of a line that names what is created: with what stands before it no more than a narrow terminal has. */
const widest = 73;

function listedSteps(steps: readonly Step[]): string {
  const named = steps.map((step) => namesOf(step)!);
  const size = steps.reduce((sum, { action }) => sum + ('size' in action ? action.size : 0), 0);
  const start = `${named[0]!.many.replace('#', String(steps.length))}${size === 0 ? '' : ` (${bytes(size)})`}: `;
  const names = named.map(({ name }) => inLine(name));
  const rest = (shown: number) => (shown === names.length ? '' : ` and ${names.length - shown} more`);
  const text = (shown: number) => `${start}${names.slice(0, shown).join(', ')}${rest(shown)}`;
  let shown = names.length;
  while (shown > 1 && text(shown).length > widest) shown--;
  return text(shown);
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
  const sent = estimate.bytes === 0 ? '' : `, plus the time to send ${bytes(estimate.bytes)} to each host`;
  const watched =
    estimate.watched === 0 ? '' : `, ${duration(estimate.watched)} of it watching what was changed`;
  const left = skipped.length === 0 ? '' : ` Not looked at: ${skipped.join(', ')}.`;
  return `${count(steps.length, 'change')} on ${count(hosts.length, 'host')}; ${stops}. About ${duration(estimate.seconds)}${watched}${sent}.${left}`;
}

const duration = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
