import { parseDuration } from '../inventory/duration.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Plan, Step } from './step.js';
import { durationOf } from './waves/duration-of.js';
import type { Wave } from './waves/wave.js';

/** About how long a plan takes. */
export interface Estimate {
  /** Seconds, without the time that `bytes` need on their way. */
  readonly seconds: number;
  /** Seconds of `seconds` in which changed nodes are only watched. */
  readonly watched: number;
  /** Bytes of binaries and images that travel to the host which needs most of them. */
  readonly bytes: number;
}

/** Tells about how long the waves of a plan take: those that go at the same time as long as the longest. Pure. */
export function estimateOf({ steps, waves }: Pick<Plan, 'steps' | 'waves'>, inventory: Inventory): Estimate {
  const isWatched = waves.some(({ watch }) => watch.length > 0);
  const watched = isWatched ? parseDuration(inventory.spec.timeouts.watchAfterChange) / 1000 : 0;
  const ends = new Map<string, number>();
  for (const wave of waves) {
    const settled = wave.after.includes('settled') ? [...ends.values()] : [];
    const begins = Math.max(0, ...settled, ...wave.after.map((name) => ends.get(name) ?? 0));
    ends.set(wave.name, begins + secondsOf(wave));
  }
  const seconds = Math.ceil(watched + Math.max(0, ...ends.values()));
  return { seconds, watched, bytes: mostBytes(steps) };
}

/** What starts behind an API server does so while the gates of the rest are waited for, which the start counts. */
const secondsOf = ({ kind, steps, hosts }: Wave): number =>
  kind === 'verify' ? 0 : durationOf(steps, hosts);

function mostBytes(steps: readonly Step[]): number {
  const bytes = new Map<string, number>();
  for (const { host, action } of steps)
    if ('size' in action) bytes.set(host, (bytes.get(host) ?? 0) + action.size);
  return Math.max(0, ...bytes.values());
}
