import type { Step } from './step.js';

const byHost = new WeakMap<readonly Step[], ReadonlyMap<string, readonly Step[]>>();

/** The steps on one host, in their order. A list that every host asks is gone through once: it must not change afterwards. */
export function stepsOn(steps: readonly Step[], host: string): readonly Step[] {
  const known = byHost.get(steps) ?? indexed(steps);
  byHost.set(steps, known);
  return known.get(host) ?? [];
}

function indexed(steps: readonly Step[]): ReadonlyMap<string, readonly Step[]> {
  const lists = new Map<string, Step[]>();
  for (const step of steps) {
    const list = lists.get(step.host);
    if (list) list.push(step);
    else lists.set(step.host, [step]);
  }
  return lists;
}
