import type { RolloutStage } from '../../inventory/fleet/fleet.js';
import type { Inventory } from '../../inventory/inventory.js';
import { selects } from '../../inventory/static-pods/selects.js';

/** A stage of a roll-out with its hosts, in the order of the inventory. */
export interface StagedHosts extends Pick<RolloutStage, 'name' | 'maxParallel' | 'soak' | 'approve'> {
  readonly hosts: readonly string[];
  /** It is one that proves the rest, and has a host that changes as its first. */
  readonly isFirstOne?: true;
}

/** How many at the same time where the inventory does not say. */
const usual = '10%';

/** The stages that an inventory asks for, or the usual ones, in which all its hosts are. Pure. */
export function stagesOf({ spec }: Pick<Inventory, 'spec'>): readonly StagedHosts[] {
  const stages = spec.rollout?.stages ?? [];
  const left = new Map(spec.hosts.map((host) => [host.name, host]));
  const named = stages.map(({ name, maxParallel, soak, approve, hosts: selector }): StagedHosts => {
    const hosts = [...left.values()].filter((host) => selects(selector, host)).map((host) => host.name);
    for (const host of hosts) left.delete(host);
    return { name, maxParallel, soak, approve, hosts };
  });
  const rest = [...left.keys()];
  const others = { soak: '0s', approve: false, hosts: rest };
  if (stages.length > 0)
    return rest.length === 0 ? named : [...named, { ...others, name: 'others', maxParallel: usual }];
  return [{ ...others, name: 'hosts', maxParallel: usual, isFirstOne: true }];
}

/**
 * A number of hosts, or a part of `of` hosts. Pure.
 * @param round which way where it is a part
 */
export function amountOf(amount: number | string, of: number, round: 'up' | 'down'): number {
  if (typeof amount === 'number') return amount;
  const part = (Number.parseInt(amount, 10) * of) / 100;
  return round === 'up' ? Math.ceil(part) : Math.floor(part);
}
