import type { Desired } from '../../desired/resource.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Situation } from '../situation.js';
import type { Step } from '../step.js';
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
export const wavesOf = ({ steps, desired, inventory, situation, uncompared }: WavesInput): readonly Wave[] =>
  situation.kind === 'live'
    ? liveWaves(steps, inventory, situation, uncompared)
    : startingWaves(steps, desired, inventory, situation, uncompared);
