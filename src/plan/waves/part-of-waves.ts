import { restartsOf, type Step } from '../step.js';
import type { Wave } from './wave.js';

/**
 * The waves as far as they are about these hosts and steps: what goes after one that goes no more, goes after what that went
 * after. Pure.
 * @param hosts undefined stands for all of them
 * @param phases true when only some phases are shown: then nothing stays that has no step
 */
export function partOfWaves(
  waves: readonly Wave[],
  hosts: readonly string[] | undefined,
  steps: readonly Step[],
  phases = false,
): readonly Wave[] {
  const kept = new Set(steps);
  const starts = waves.some(({ kind }) => kind === 'start');
  const narrowed = waves.map((wave): Wave => {
    const own = wave.steps.filter((step) => kept.has(step));
    const taking = new Set(own.map(({ host }) => host));
    const there = wave.hosts.filter((host) => taking.has(host) || (hosts?.includes(host) ?? true));
    return {
      ...wave,
      hosts: there,
      steps: own,
      restarts: restartsOf(own),
      together: Math.min(wave.together, Math.max(1, there.length)),
    };
  });
  /** What goes without steps: gates, artifacts for later, and objects, without which a control plane does not start. */
  const stays = ({ kind, hosts: there, steps: own }: Wave, before: Wave) =>
    own.length > 0 ||
    (kind === 'pause' && there.length > 0) ||
    (!phases &&
      ((there.length > 0 && ['start', 'verify', 'supply'].includes(kind)) ||
        (hosts === undefined ? before.steps.length === 0 : kind === 'objects' && starts)));
  const left = narrowed.filter((wave, index) => stays(wave, waves[index]!));
  const names = new Set(left.map(({ name }) => name));
  const before = new Map(waves.map(({ name, after }) => [name, after]));
  const still = (name: string): readonly string[] =>
    names.has(name) || !before.has(name) ? [name] : before.get(name)!.flatMap(still);
  return left.map((wave) => ({ ...wave, after: [...new Set(wave.after.flatMap(still))] }));
}
