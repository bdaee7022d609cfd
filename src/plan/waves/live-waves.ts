import type { PhaseName } from '../../desired/resource.js';
import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import { leaveTurns } from '../leave/leave-turns.js';
import type { Situation } from '../situation.js';
import { isNoted, isTransfer, type Step } from '../step.js';
import { stepsOn } from '../steps-on.js';
import { rollOutOrder } from './roll-out-order.js';
import { takersOf, type Wave, type WaveDraft, waveOf } from './wave.js';
import { workerTurns } from './worker-turns.js';

/** What a node that runs takes in its own turn. */
const inTurn: readonly PhaseName[] = ['binaries', 'node', 'certificates', 'control-plane'];
/** What all that run take at once, since it disturbs nobody. */
const atOnce: readonly PhaseName[] = ['images', 'peers', 'serving'];

/**
 * How a live cluster changes, one wave after another: what is saved, what etcd has lost, artifacts and what disturbs nobody to
 * all, then control planes one by one, workers, what the API holds, and hosts that leave. Pure.
 * @param brings true when objects of the API, or addons, may be applied of which the plan has no step
 */
export function liveWaves(
  steps: readonly Step[],
  inventory: Inventory,
  situation: Situation & { kind: 'live' },
  brings: boolean,
): readonly Wave[] {
  const order = rollOutOrder(inventory, situation);
  const changing = steps.filter((step) => !isNoted(step));
  const of = (host: string, phases: readonly PhaseName[]) =>
    stepsOn(changing, host).filter(({ phase }) => phases.includes(phase));
  const ofAll = (hosts: readonly string[], phases: readonly PhaseName[]) =>
    hosts.flatMap((host) => of(host, phases));
  // A host whose containerd is still to come gets its images, and all else, in its own turn.
  const isNew = (host: string) => of(host, ['node']).some(({ action }) => action.do === 'start-unit');
  const turnOf = (host: string) => of(host, isNew(host) ? [...inTurn, ...atOnce] : inTurn);
  const there = order.filter((host) => !isNew(host));
  const everywhere = (phase: PhaseName): Pick<WaveDraft, 'hosts' | 'steps'> => {
    const own = ofAll(there, [phase]);
    return { hosts: takersOf(there, own), steps: own };
  };
  const lost = steps.filter(({ phase }) => phase === 'lost-members');
  const images = ofAll(there, ['images']);
  const supplied = takersOf(order, [...images, ...ofAll(order, ['binaries', 'images']).filter(isTransfer)]);
  const cluster = ofAll([''], ['cluster']);
  const addons = ofAll([''], ['addons']);
  const leaving = steps.filter(({ phase, host }) => phase === 'leave' && !order.includes(host));
  const routes = ofAll(order, ['leave']);
  const drafts: readonly WaveDraft[] = [
    {
      name: 'snapshot',
      title: 'Snapshot',
      kind: 'snapshot',
      stage: 'snapshot',
      ...only(ofAll([''], ['snapshot'])),
    },
    {
      name: 'lost members',
      title: 'Lost members of etcd',
      kind: 'lost-members',
      stage: 'lost members',
      ...only(lost),
      together: 1,
    },
    {
      name: 'images',
      title: 'Images, all hosts at once',
      kind: 'supply',
      stage: 'prepare',
      hosts: supplied,
      steps: images,
    },
    {
      name: 'peers',
      title: 'What hosts know about each other, all at once',
      kind: 'peers',
      stage: 'peers',
      ...everywhere('peers'),
    },
    {
      name: 'kubelets',
      title: 'Serving certificates of kubelets, all hosts at once',
      kind: 'serving',
      stage: 'kubelets',
      ...everywhere('serving'),
      gates: ['serving'],
    },
    ...turns(order, inventory, situation, turnOf, isNew),
    { ...objects, hosts: brings || cluster.length > 0 ? [''] : [], steps: cluster },
    ...leaveTurns(leaving, inventory).map((hosts): WaveDraft => {
      const several = hosts.length > 1;
      return {
        name: `leave ${hosts.join(', ')}`,
        title: several ? `Workers that leave, ${hosts.length} at once` : `${hosts[0]} leaves`,
        kind: 'leave',
        stage: 'leave',
        hosts,
        steps: leaving.filter(({ host }) => hosts.includes(host)),
      };
    }),
    {
      name: 'routes',
      title: 'Routes to hosts that left, all hosts at once',
      kind: 'routes',
      stage: 'leave',
      hosts: takersOf(order, routes),
      steps: routes,
    },
    memoryOf(steps),
    { ...addonsWave, hosts: brings || cluster.length + addons.length > 0 ? [''] : [], steps: addons },
  ];
  return chained(drafts.filter(({ hosts }) => hosts.length > 0).map(waveOf));
}

/** A wave of steps and of the hosts that they are on. */
const only = (steps: readonly Step[]): Pick<WaveDraft, 'hosts' | 'steps'> => ({
  hosts: [...new Set(steps.map(({ host }) => host))],
  steps,
});

/** Objects of the API, wherever they stand among the waves. */
export const objects = {
  name: 'objects',
  title: 'API objects',
  kind: 'objects',
} as const;

/** Addons come when the control plane is done and noted as such: nothing that goes wrong with them undoes anything. */
export const addonsWave = {
  name: 'addons',
  title: 'Addons',
  kind: 'addons',
  gates: ['workloads'],
  after: ['settled'],
} as const;

/** What is taken out of the hosts' memory goes when the run is noted there. */
export const memoryOf = (steps: readonly Step[]): WaveDraft => ({
  name: 'memory',
  title: 'Records on the hosts, all at once',
  kind: 'memory',
  ...only(steps.filter(isNoted)),
  after: ['settled'],
});

/** Each after the one before it. */
const chained = (waves: readonly Wave[]): readonly Wave[] =>
  waves.map((wave, index) => {
    const previous = waves[index - 1];
    return previous === undefined ? wave : { ...wave, after: [previous.name, ...wave.after] };
  });

/** Control planes one after another, whoever leads last; then workers that are new, and those that are there. */
function turns(
  order: readonly string[],
  inventory: Inventory,
  situation: Situation & { kind: 'live' },
  turnOf: (host: string) => readonly Step[],
  isNew: (host: string) => boolean,
): readonly WaveDraft[] {
  const holdsCluster = new Set(controlPlanes(inventory).map(({ name }) => name));
  const changing = order.filter((host) => turnOf(host).length > 0);
  const isDrained = (host: string) => turnOf(host).some(({ action }) => action.do === 'drain-node');
  const workers = changing.filter((host) => !holdsCluster.has(host));
  const isNewcomer = (host: string) => isNew(host) && !isDrained(host);
  const others = workers.filter((host) => !isNewcomer(host));
  const atATime = inventory.spec.upgrade.maxUnavailableWorkers;
  const working = (title: string, name: string, hosts: readonly string[]): WaveDraft => ({
    name,
    title,
    kind: 'change',
    stage: 'workers',
    hosts,
    steps: hosts.flatMap(turnOf),
    gates: ['pods'],
    undo: 'host',
  });
  return [
    ...changing
      .filter((host) => holdsCluster.has(host))
      .map(
        (host): WaveDraft => ({
          name: `change ${host}`,
          title: [host, ...distinctions(host, situation)].join(', '),
          kind: 'change',
          stage: 'roll out',
          hosts: [host],
          steps: turnOf(host),
          gates: [...(turnOf(host).some(disturbs) ? ['quorum' as const] : []), 'pods', 'etcd'],
          watch: order.filter((one) => holdsCluster.has(one)),
          undo: 'roll-out',
        }),
      ),
    working('New workers, all at once', 'new workers', workers.filter(isNewcomer)),
    ...workerTurns(others, others.flatMap(turnOf), atATime).map((hosts) =>
      working(titleOf(hosts), `change ${hosts.join(', ')}`, hosts),
    ),
  ];
}

/** What sets a control plane apart, and is why it comes late. */
const distinctions = (name: string, { etcd, addressHolder }: Situation & { kind: 'live' }) => [
  ...(name === etcd.leader ? ['the etcd leader'] : []),
  ...(name === addressHolder ? ['which has the virtual address'] : []),
];

const titleOf = (workers: readonly string[]): string =>
  workers.length === 1 ? workers[0]! : `Workers, ${workers.length} at once`;

/** True when something of the control plane stops for a moment. */
const disturbs = ({ action }: Step): boolean =>
  ['switch-manifest', 'put-manifest', 'restart-unit'].includes(action.do);
