import type { PhaseName } from '../../desired/resource.js';
import { restartsOf, type Step } from '../step.js';

/** What a wave is about, which decides how its steps are taken; apply/waves/takers.ts has the hands for each. */
export const waveKinds = [
  'snapshot',
  'lost-members',
  'supply',
  'peers',
  'serving',
  'change',
  'batch',
  'pause',
  'prepare',
  'images',
  'start',
  'verify',
  'objects',
  'leave',
  'routes',
  'memory',
  'addons',
] as const;

export type WaveKind = (typeof waveKinds)[number];

/**
 * What a wave may wait for besides other waves.
 * `prepared`: a host has what its static pods need; the wave goes there then.
 * `api-server`: an API server answers, that of the host itself where it has one.
 * `settled`: the run is noted on hosts and on the operator's machine, and every host was seen healthy.
 */
export const arrivals = ['prepared', 'api-server', 'settled'] as const;

/**
 * What has to hold on the hosts of a wave.
 * `quorum`, before: etcd keeps it while the host is away.
 * `serving`, `pods`, `etcd`, `workloads`, after: kubelets serve with their certificate; kubelet and static pods are healthy
 * and of the wanted revision; every member votes; what was applied runs.
 */
export const gates = ['quorum', 'serving', 'pods', 'etcd', 'workloads'] as const;

/** What a failure puts back: everything that the roll-out has changed, the host that failed, or nothing. */
export const undoings = ['roll-out', 'host', 'nothing'] as const;

/** A part of a run: these hosts take these steps. Plain data; a plan says with its waves in which order it is carried out. */
export interface Wave {
  /** Tells it from the other waves of the plan. */
  readonly name: string;
  /** What it does, as a title: `cp-2, the etcd leader`. */
  readonly title: string;
  readonly kind: WaveKind;
  /** The stage of a run's events that it belongs to. */
  readonly stage?: string;
  /** Waves that have to have ended, by name, and arrivals. It begins as soon as all of them have. */
  readonly after: readonly string[];
  readonly hosts: readonly string[];
  /** Each step of a plan is in one wave. */
  readonly steps: readonly Step[];
  /** How many of the hosts go at the same time. */
  readonly together: number;
  /** What stops for a moment, by name: components, units. */
  readonly restarts: readonly string[];
  readonly gates: readonly (typeof gates)[number][];
  /** Hosts that have to stay well meanwhile, and for a while after. */
  readonly watch: readonly string[];
  readonly undo: (typeof undoings)[number];
  /** The stage of a roll-out that it belongs to, by name. */
  readonly rollout?: string;
}

/** What makes a wave; the rest of it follows. */
export type WaveDraft = Pick<Wave, 'name' | 'title' | 'kind' | 'hosts' | 'steps'> & Partial<Wave>;

export const waveOf = (draft: WaveDraft): Wave => ({
  after: [],
  together: Math.max(1, draft.hosts.length),
  restarts: restartsOf(draft.steps),
  gates: [],
  watch: [],
  undo: 'nothing',
  ...draft,
});

/** The phases that steps of a wave are of, in their order. */
export const phasesOf = ({ steps }: Pick<Wave, 'steps'>): readonly PhaseName[] => [
  ...new Set(steps.map(({ phase }) => phase)),
];

/** Those of `hosts` that take one of the steps. */
export function takersOf(hosts: readonly string[], steps: readonly Step[]): readonly string[] {
  const taking = new Set(steps.map(({ host }) => host));
  return hosts.filter((host) => taking.has(host));
}
