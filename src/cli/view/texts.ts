import type { RunEvent } from '../../events.js';
import { folded, shownIn } from './foreign.js';

/** Every stage by its headline; docs/plan-format.md tells when each comes. */
export const stageTitles: Readonly<Record<string, string>> = {
  connect: 'Connect',
  look: 'Look at the hosts',
  preflight: 'Preflight',
  prepare: 'Prepare the hosts',
  stop: 'Stop the control planes',
  restore: 'Put the data in place',
  start: 'Start the control plane',
  verify: 'Verify',
  health: 'Wait for healthy hosts',
  snapshot: 'Save a snapshot of etcd',
  'lost members': 'Remove lost members of etcd',
  peers: 'Tell hosts about each other',
  kubelets: 'Serving certificates of kubelets',
  'roll out': 'Roll out',
  workers: 'Workers',
  leave: 'Hosts leave',
  reset: 'Reset',
  addons: 'Addons',
  'virtual address': 'Wait for the virtual address',
  undo: 'Roll back',
  check: 'Check that it runs pods',
};

export const stageTitle = (stage: string): string => stageTitles[stage] ?? stage;

export const seconds = (value: number): string => `${value.toFixed(1)} s`;

export const bytes = (value: number): string =>
  value < 1e6
    ? `${Math.ceil(value / 1e3)} kB`
    : value < 1e9
      ? `${(value / 1e6).toFixed(1)} MB`
      : `${(value / 1e9).toFixed(2)} GB`;

/** Seconds as people say how old something is: in its largest unit, `3d`. */
export function span(age: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'm'],
  ];
  const [size, unit] = units.find(([length]) => age >= 2 * length) ?? [1, 's'];
  return `${Math.floor(age / size)}${unit}`;
}

/** The last part of an artifact's name: what tells one from another. */
export const shortName = (artifact: string): string => artifact.slice(artifact.lastIndexOf('/') + 1);

/** One line for an event; undefined for events that only a live view can show. */
export function lineOf(told: RunEvent): string | undefined {
  const event = shownIn(told, folded);
  switch (event.event) {
    case 'stage':
      return event.state === 'started'
        ? undefined
        : `${stageTitle(event.stage)}: done in ${seconds(event.seconds ?? 0)}`;
    case 'host-done':
      return `${event.host}: ${event.stage}: ${event.did}`;
    case 'host-failed':
      return `${event.host}: ${event.stage}: failed: ${event.said}`;
    case 'waiting':
      return `${event.host === '' ? 'cluster' : event.host}: waiting for ${event.for}`;
    case 'step':
      return `${event.host === '' ? 'cluster' : event.host}: ${event.step} (${event.reason})`;
    case 'held':
      return `held: ${event.for}`;
    case 'warning':
      return `${event.host === undefined ? '' : `${event.host}: `}warning: ${event.message}`;
    case 'host':
      return `${event.host}: ${event.doing}`;
    case 'planned':
    case 'wave':
    case 'transfer':
    case 'fetch':
    case 'verify':
      return undefined;
  }
}
