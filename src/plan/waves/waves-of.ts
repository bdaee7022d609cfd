import type { Desired } from '../../desired/resource.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Situation } from '../situation.js';
import type { Step } from '../step.js';
import { fleetWaves } from './fleet-waves.js';
import { liveWaves } from './live-waves.js';
import { startingWaves } from './starting-waves.js';
import type { Wave } from './wave.js';

export interface WavesInput {
  readonly steps: readonly Step[];
  readonly desired: Pick<Desired, 'hosts' | 'manifests'>;
  readonly inventory: Inventory;
  readonly situation: Situation;
  /** True when objects of the API could not be compared: they are when one answers. */
  readonly uncompared: boolean;
}

/** The order in which steps are taken: the one place that says it. `apply` takes these waves and no others. Pure. */
export function wavesOf({ steps, desired, inventory, situation, uncompared }: WavesInput): readonly Wave[] {
  if (situation.kind === 'live') return liveWaves(steps, inventory, situation, uncompared);
  if (situation.kind === 'standalone')
    return fleetWaves(
      steps,
      inventory,
      desired.hosts.map(({ host }) => host),
    );
  return startingWaves(steps, desired, inventory, situation, uncompared);
}
