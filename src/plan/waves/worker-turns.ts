import type { Step } from '../step.js';

/**
 * Which workers change at the same time, in order. Those that are drained go a few at a time, so that their pods find
 * room; the others all at once, before them. Pure.
 */
export function workerTurns(
  workers: readonly string[],
  steps: readonly Step[],
  atOnce: number,
): readonly (readonly string[])[] {
  const drained = new Set(steps.flatMap(({ host, action }) => (action.do === 'drain-node' ? [host] : [])));
  const others = workers.filter((name) => !drained.has(name));
  const turns = others.length === 0 ? [] : [others];
  const waiting = workers.filter((name) => drained.has(name));
  while (waiting.length > 0) turns.push(waiting.splice(0, atOnce));
  return turns;
}
