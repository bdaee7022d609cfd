import type { PodName } from '../kubernetes/pod-names.js';

/**
 * What a process does when a file that it reads changes. `restart`: it reads it once, at the start; such a file is part of
 * a static pod's revision. `reload`: it notices by itself, and nothing else has to happen.
 */
export type Effect = 'none' | 'restart' | 'reload';

/** A process that reads a file, and what a change of it needs. */
export interface Reading {
  readonly by: PodName | 'kubelet';
  readonly effect: Effect;
  /** How we know. */
  readonly reason: string;
}
