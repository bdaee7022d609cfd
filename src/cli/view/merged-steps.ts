import { describeStep, type Step } from '../../plan/step.js';
import { signOf } from './sign-of.js';

/** Steps that the same hosts take one after another, and that are told in one: as a rule a single one. */
export interface Entry {
  readonly hosts: readonly string[];
  readonly steps: readonly Step[];
}

/** What people would read of a step: where it is the same on several hosts, it stands once. */
export const keyOf = (step: Step): string =>
  [signOf(step), describeStep(step), step.reason, ...changedLines(step)].join('\n');

/** Lines of a diff without what differs from host to host: those around them, where they stand, and digests of it all. */
const changedLines = ({ diff = '' }: Step): readonly string[] =>
  diff
    .split('\n')
    .filter((line) => /^[+-]/.test(line) && !/^(\+\+\+|---) /.test(line))
    .map((line) => line.replace(/^([+-]\s*podstrap\.io\/revision:).*/, '$1'));

interface Keyed {
  readonly key: string;
  readonly hosts: string[];
  readonly step: Step;
}

/** What hosts do, each in its order, as one list in which the same step stands once. Pure. */
export function mergedSteps(byHost: ReadonlyMap<string, readonly Step[]>): readonly Entry[] {
  let merged: readonly Keyed[] = [];
  for (const [host, steps] of byHost)
    merged = merge(
      merged,
      steps.map((step) => ({ key: keyOf(step), hosts: [host], step })),
    );
  return merged.map(({ hosts, step }) => ({ hosts, steps: [step] }));
}

/** The shortest list that has both in their order, by their longest common subsequence. */
function merge(one: readonly Keyed[], other: readonly Keyed[]): readonly Keyed[] {
  const join = (left: Keyed, right: Keyed): Keyed => ({ ...left, hosts: [...left.hosts, ...right.hosts] });
  if (one.length === other.length && one.every(({ key }, index) => key === other[index]!.key))
    return one.map((left, index) => join(left, other[index]!));
  const lengths = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
  for (let i = one.length - 1; i >= 0; i--)
    for (let j = other.length - 1; j >= 0; j--)
      lengths[i]![j] =
        one[i]!.key === other[j]!.key
          ? lengths[i + 1]![j + 1]! + 1
          : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  const list: Keyed[] = [];
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length)
    if (one[i]!.key === other[j]!.key) list.push(join(one[i++]!, other[j++]!));
    else if (lengths[i + 1]![j]! >= lengths[i]![j + 1]!) list.push(one[i++]!);
    else list.push(other[j++]!);
  return [...list, ...one.slice(i), ...other.slice(j)];
}

/** Fewer are told one by one. */
const fewest = 3;

/**
 * Puts together what the same hosts create in a row, of one kind: new files are no news on a new host. What is changed or
 * removed stands alone, and so does what has a diff. Pure.
 */
export function folded(entries: readonly Entry[]): readonly Entry[] {
  const runs: Entry[] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    if (last !== undefined && goTogether(last, entry))
      runs[runs.length - 1] = { ...last, steps: [...last.steps, ...entry.steps] };
    else runs.push(entry);
  }
  return runs.flatMap(({ hosts, steps }) =>
    steps.length < fewest ? steps.map((step) => ({ hosts, steps: [step] })) : { hosts, steps },
  );
}

function goTogether(before: Entry, after: Entry): boolean {
  const [one, other] = [before.steps[0]!, after.steps[0]!];
  return (
    one.action.do === other.action.do &&
    isFoldable(one) &&
    isFoldable(other) &&
    before.hosts.join() === after.hosts.join()
  );
}

/** What people wrote themselves they want to see. */
const isFoldable = (step: Step): boolean =>
  step.phase !== 'addons' && signOf(step) === '+' && step.diff === undefined && namesOf(step) !== undefined;

/** What a step creates, for a list of such: what they are called, and the name of this one. */
export function namesOf({ action }: Step): { readonly many: string; readonly name: string } | undefined {
  const lastOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  switch (action.do) {
    case 'make-directory':
      return { many: 'make # directories', name: action.path };
    case 'write-file':
      return { many: 'write # files', name: action.path };
    case 'load-module':
      return { many: 'load # kernel modules', name: action.name };
    case 'set-sysctl':
      return { many: 'set # kernel settings', name: `${action.name}=${action.value}` };
    case 'install-binary':
      return { many: 'install # programs', name: lastOf(action.path) };
    case 'import-image':
      return { many: 'import # images', name: lastOf(action.ref) };
    case 'put-manifest':
      return { many: 'add # static pods', name: action.pod };
    case 'apply-object':
      return { many: 'create # objects', name: action.object };
    default:
      return undefined;
  }
}
