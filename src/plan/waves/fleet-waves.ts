import type { Inventory } from '../../inventory/inventory.js';
import { amountOf, type StagedHosts, stagesOf } from '../rollout/stages.js';
import { isNoted, isTransfer, type Step } from '../step.js';
import { stepsOn } from '../steps-on.js';
import { memoryOf } from './live-waves.js';
import { takersOf, type Wave, type WaveDraft, waveOf } from './wave.js';

/**
 * How what is wanted reaches hosts that stand for themselves: stage after stage, and within each a few at a time. What a stage
 * needs of images is on its hosts before it begins. A stage that soaks, or waits for an approval, is followed by a pause, and
 * so is one of whose hosts none can be reached: nothing has proved what the next would get. Pure.
 * @param reached hosts that can be reached; no other one counts in a part of a stage
 */
export function fleetWaves(
  steps: readonly Step[],
  inventory: Inventory,
  reached: readonly string[],
): readonly Wave[] {
  const changes = steps.filter((step) => !isNoted(step));
  const changing = new Set(changes.map(({ host }) => host));
  const there = new Set(reached);
  const stages = stagesOf(inventory);
  const lastChanging = stages.findLastIndex(({ hosts }) => hosts.some((host) => changing.has(host)));
  const drafts = stages.flatMap((stage, index): readonly WaveDraft[] => {
    const own = stage.hosts.filter((host) => there.has(host));
    const batches = batchesOf(stage, own, changing);
    return [
      ...supplyOf(stage, batches.flat(), changes),
      ...batches.map((hosts, at) => batchOf(stage, hosts, at, batches.length, changes)),
      ...(index < lastChanging ? pauseOf(stage, own) : []),
    ];
  });
  return chained([...drafts, memoryOf(steps)].filter(({ hosts }) => hosts.length > 0).map(waveOf));
}

/** The hosts of a stage that change, as many at a time as the stage says. */
function batchesOf(
  { maxParallel, isFirstOne }: StagedHosts,
  own: readonly string[],
  changing: ReadonlySet<string>,
): readonly (readonly string[])[] {
  const atOnce = Math.max(1, amountOf(maxParallel, own.length, 'up'));
  const left = own.filter((host) => changing.has(host));
  const batches: string[][] = isFirstOne && left.length > 0 ? [left.splice(0, 1)] : [];
  while (left.length > 0) batches.push(left.splice(0, atOnce));
  return batches;
}

/** Images disturb nobody, and a host whose runtime is still to come gets them in its own turn. */
function supplyOf(
  { name }: StagedHosts,
  hosts: readonly string[],
  steps: readonly Step[],
): readonly WaveDraft[] {
  const own = hosts.flatMap((host) => stepsOn(steps, host));
  const anew = new Set(
    own.flatMap(({ host, phase, action }) => (phase === 'node' && action.do === 'start-unit' ? [host] : [])),
  );
  const images = own.filter(({ host, phase }) => phase === 'images' && !anew.has(host));
  const sent = own.filter((step) => isTransfer(step));
  return [
    {
      name: `images ${name}`,
      title: `Images for ${name}`,
      kind: 'supply',
      stage: 'prepare',
      hosts: takersOf(hosts, [...images, ...sent]),
      steps: images,
      rollout: name,
    },
  ];
}

function batchOf(
  { name, isFirstOne }: StagedHosts,
  hosts: readonly string[],
  at: number,
  count: number,
  steps: readonly Step[],
): WaveDraft {
  const isCanary = isFirstOne === true && at === 0 && count > 1;
  const part = count === 1 ? '' : ` (${at + 1} of ${count})`;
  const anew = (step: Step) =>
    step.phase === 'images' &&
    !stepsOn(steps, step.host).some((one) => one.phase === 'node' && one.action.do === 'start-unit');
  return {
    name: `${name} ${at + 1}`,
    title: isCanary
      ? `${hosts[0]}, which goes first`
      : `${name}${part}: ${hosts.length === 1 ? hosts[0] : `${hosts.length} hosts at once`}`,
    kind: 'batch',
    stage: 'roll out',
    hosts,
    steps: hosts.flatMap((host) => stepsOn(steps, host).filter((step) => !anew(step))),
    gates: ['pods'],
    undo: 'roll-out',
    rollout: name,
  };
}

/** What lies between a stage and the next. */
function pauseOf(stage: StagedHosts, own: readonly string[]): readonly WaveDraft[] {
  const { name, soak, approve, hosts } = stage;
  const soaks = !/^0+(\.0+)?[a-z]+$/.test(soak);
  if (hosts.length === 0 || (own.length > 0 && !soaks && !approve)) return [];
  const does = [
    ...(own.length === 0 ? ['cannot be reached, and has to be seen first'] : []),
    ...(soaks ? [`soaks for ${soak}`] : []),
    ...(approve ? [`waits for \`podstrap approve ${name}\``] : []),
  ];
  return [
    {
      name: `after ${name}`,
      title: `${name} ${does.join(', then ')}`,
      kind: 'pause',
      stage: 'roll out',
      hosts,
      steps: [],
      rollout: name,
    },
  ];
}

/** Each after the one before it. */
const chained = (waves: readonly Wave[]): readonly Wave[] =>
  waves.map((wave, index) => {
    const previous = waves[index - 1];
    return previous === undefined ? wave : { ...wave, after: [previous.name, ...wave.after] };
  });
