import type { Inventory } from '../../inventory/inventory.js';
import type { Step } from '../step.js';
import { workerTurns } from '../waves/worker-turns.js';

/**
 * Which hosts leave at the same time, in order: workers first, a few at a time where they are drained, then those with a
 * member of etcd, one after another. Pure.
 */
export function leaveTurns(
  steps: readonly Step[],
  { spec }: Pick<Inventory, 'spec'>,
): readonly (readonly string[])[] {
  const stays = new Set(spec.hosts.map(({ name }) => name));
  const own = steps.filter(({ host, phase }) => phase === 'leave' && host !== '' && !stays.has(host));
  const members = new Set(
    own.flatMap(({ host, action }) => (action.do === 'remove-etcd-member' ? [host] : [])),
  );
  const all = [...new Set(own.map(({ host }) => host))];
  const others = all.filter((name) => !members.has(name));
  return [
    ...workerTurns(others, own, spec.upgrade.maxUnavailableWorkers),
    ...[...members].map((name) => [name]),
  ];
}
