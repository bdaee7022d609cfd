import type { PhaseName } from '../desired/resource.js';
import { parseDuration } from '../inventory/duration.js';
import { controlPlanes, type Inventory } from '../inventory/inventory.js';
import { durationOf } from './duration-of.js';
import { leaveTurns } from './leave-turns.js';
import { rollOutOrder } from './roll-out-order.js';
import type { Situation } from './situation.js';
import { restartsOf, type Step } from './step.js';
import { workerTurns } from './worker-turns.js';

/** A part of a run: these hosts take their steps of these phases, all at the same time. */
export interface Wave {
  /** What it does, as a title: `cp-2, the etcd leader`. */
  readonly title: string;
  readonly hosts: readonly string[];
  readonly phases: readonly PhaseName[];
  /** What stops for a moment, by name: components, units. */
  readonly restarts: readonly string[];
}

/** How a plan is carried out: one wave after another. */
export interface RollOut {
  readonly waves: readonly Wave[];
  /** About how long it takes, without the time that `bytes` need on their way. */
  readonly seconds: number;
  /** Seconds of `seconds` in which changed nodes are only watched. */
  readonly watched: number;
  /** Bytes of binaries and images that travel to the host which needs most of them. */
  readonly bytes: number;
}

const rolling: readonly PhaseName[] = ['binaries', 'node', 'certificates', 'control-plane'];
/** What a host that is new takes in its own turn. */
const inOneGo: readonly PhaseName[] = [...rolling, 'images', 'peers', 'serving'];

/** The steps that a wave takes, in their order. */
export const stepsOfWave = (steps: readonly Step[], { hosts, phases }: Pick<Wave, 'hosts' | 'phases'>) =>
  steps.filter(({ host, phase }) => hosts.includes(host) && phases.includes(phase));

/** Tells in which order the steps of a plan happen, what restarts with them, and about how long it takes. Pure. */
export function rollOutOf(steps: readonly Step[], inventory: Inventory, situation: Situation): RollOut {
  const drafts = situation.kind === 'live' ? living(steps, inventory, situation) : together(steps, inventory);
  const waves = drafts.flatMap((wave): Wave[] => {
    const taken = stepsOfWave(steps, wave);
    if (taken.length === 0) return [];
    const hosts = wave.hosts.filter((name) => taken.some(({ host }) => host === name));
    return [{ ...wave, hosts, restarts: restartsOf(taken) }];
  });
  const changes = waves.some(({ phases }) => phases.includes('control-plane'));
  const watch = parseDuration(inventory.spec.timeouts.watchAfterChange) / 1000;
  const watched = situation.kind === 'live' && changes ? watch : 0;
  const seconds = waves.reduce(
    (sum, wave) => sum + durationOf(stepsOfWave(steps, wave), wave.hosts),
    watched,
  );
  return { waves, seconds: Math.ceil(seconds), watched, bytes: mostBytes(steps) };
}

type Draft = Omit<Wave, 'restarts'>;

/** What is saved, images to all, then node by node, then the workers, then what the API holds. */
function living(
  steps: readonly Step[],
  inventory: Inventory,
  situation: Situation & { kind: 'live' },
): readonly Draft[] {
  const order = rollOutOrder(inventory, situation);
  const isControlPlane = new Set(controlPlanes(inventory).map(({ name }) => name));
  // A host whose containerd is still to come gets its images, and all else, in its own turn.
  const later = (name: string) =>
    steps.some(({ host, phase, action }) => host === name && phase === 'node' && action.do === 'start-unit');
  const inTurn = (name: string): readonly PhaseName[] => (later(name) ? inOneGo : rolling);
  const there = order.filter((name) => !later(name));
  const workers = order.filter((name) => !isControlPlane.has(name));
  const lost = steps.flatMap(({ host, phase }) => (phase === 'lost-members' ? [host] : []));
  const turns = workerTurns(
    workers.filter((name) => !later(name)),
    steps,
    inventory.spec.upgrade.maxUnavailableWorkers,
  );
  return [
    { title: 'Snapshot', hosts: [''], phases: ['snapshot'] },
    { title: 'Lost members of etcd', hosts: lost, phases: ['lost-members'] },
    { title: 'Images, all hosts at once', hosts: there, phases: ['images'] },
    { title: 'What hosts know of one another, all at once', hosts: there, phases: ['peers'] },
    { title: 'Serving certificates of kubelets, all hosts at once', hosts: there, phases: ['serving'] },
    ...order
      .filter((name) => isControlPlane.has(name))
      .map((name) => ({
        title: [name, ...distinctions(name, situation)].join(', '),
        hosts: [name],
        phases: inTurn(name),
      })),
    { title: 'New workers, all at once', hosts: workers.filter(later), phases: inOneGo },
    ...turns.map((hosts) => ({ title: titleOf(hosts), hosts, phases: rolling })),
    { title: 'Objects of the API', hosts: [''], phases: ['cluster'] },
    ...leaveTurns(steps, inventory).map((hosts) => ({
      title: hosts.length === 1 ? `${hosts[0]} leaves` : `Workers that leave, ${hosts.length} at once`,
      hosts,
      phases: ['leave'] as const,
    })),
    { title: 'Routes to hosts that left, all hosts at once', hosts: order, phases: ['leave'] },
    { title: 'Addons', hosts: [''], phases: ['addons'] },
  ];
}

/** What sets a control plane apart, and is why it comes late. */
const distinctions = (name: string, { etcd, addressHolder }: Situation & { kind: 'live' }) => [
  ...(name === etcd.leader ? ['the etcd leader'] : []),
  ...(name === addressHolder ? ['which has the virtual address'] : []),
];

const titleOf = (workers: readonly string[]): string =>
  workers.length === 1 ? workers[0]! : `Workers, ${workers.length} at once`;

/** Where there is nothing to protect, every host goes at its own pace. */
function together(steps: readonly Step[], { spec }: Inventory): readonly Draft[] {
  const hosts = spec.hosts.map(({ name }) => name).filter((name) => steps.some(({ host }) => host === name));
  return [
    { title: 'Prepare, all hosts at once', hosts, phases: ['binaries', 'node', 'images'] },
    {
      title: 'Start, all hosts at once',
      hosts,
      phases: ['peers', 'serving', 'certificates', 'control-plane'],
    },
    { title: 'Objects of the API', hosts: [''], phases: ['cluster'] },
    { title: 'Addons', hosts: [''], phases: ['addons'] },
  ];
}

function mostBytes(steps: readonly Step[]): number {
  const bytes = new Map<string, number>();
  for (const { host, action } of steps)
    if ('size' in action) bytes.set(host, (bytes.get(host) ?? 0) + action.size);
  return Math.max(0, ...bytes.values());
}
