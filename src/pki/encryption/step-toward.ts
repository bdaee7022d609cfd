import { type Chains, isSameLink, type Link, linkName, plain, type Ring, writerOf } from './ring.js';

/** What everything is to be written with. */
export interface Goal {
  readonly resources: readonly string[];
  readonly writer: Link;
}

/**
 * The next change on the way to a goal. `add`: every API server must be able to read it before one writes with it; `turn`: it
 * writes; `drop`: nothing else is left but what no object needs any more, which has to be proven first.
 */
export type RingStep =
  | { readonly kind: 'add' | 'turn' | 'drop'; readonly ring: Ring }
  | { readonly kind: 'done' };

/** What objects of a resource are to be written with in the end. */
export const wantedWriter = ({ resources, writer }: Goal, resource: string): Link =>
  resources.includes(resource) ? writer : plain;

/**
 * From whatever a ring is, the one step that is safe now, if every API server has loaded that ring. All resources take each
 * step together. Pure.
 */
export function stepToward(ring: Ring, goal: Goal): RingStep {
  const resources = [...new Set([...Object.keys(ring.chains), ...goal.resources])].sort();
  const now = (resource: string): readonly Link[] => ring.chains[resource] ?? [plain];
  const with_ = (
    change: (links: readonly Link[], wanted: Link, resource: string) => readonly Link[],
  ): Chains =>
    Object.fromEntries(
      resources.map((resource) => [resource, change(now(resource), wantedWriter(goal, resource), resource)]),
    );
  const next = (chains: Chains): Ring => ({
    generation: ring.generation + 1,
    chains,
    toward: linkName(goal.writer),
  });
  const has = (links: readonly Link[], wanted: Link) => links.some((link) => isSameLink(link, wanted));
  if (resources.some((resource) => !has(now(resource), wantedWriter(goal, resource))))
    return {
      kind: 'add',
      ring: next(with_((links, wanted) => (has(links, wanted) ? links : [...links, wanted]))),
    };
  if (resources.some((resource) => !isSameLink(now(resource)[0]!, wantedWriter(goal, resource))))
    return {
      kind: 'turn',
      ring: next(with_((links, wanted) => [wanted, ...links.filter((link) => !isSameLink(link, wanted))])),
    };
  const settled: Chains = Object.fromEntries(
    resources.flatMap((resource) => {
      const writer = writerOf({ chains: ring.chains }, resource);
      return writer.provider === 'identity' ? [] : [[resource, [writer]]];
    }),
  );
  const { toward: _, ...rest } = ring;
  const isSettled =
    ring.toward === undefined &&
    Object.keys(ring.chains).length === Object.keys(settled).length &&
    Object.values(ring.chains).every((links) => links.length === 1);
  return isSettled
    ? { kind: 'done' }
    : { kind: 'drop', ring: { ...rest, generation: ring.generation + 1, chains: settled } };
}
