import type { Host, Inventory } from '../inventory/inventory.js';
import type { Ring } from '../pki/encryption/ring.js';
import type { Keys } from '../pki/keys.js';
import type { Artifact } from './artifact.js';
import type { Settled } from './settled.js';
import type { HostTraits } from './traits.js';

/** What desired state is a function of. */
export interface DesiredInput {
  readonly inventory: Inventory;
  /** Every host of the cluster, where the inventory holds only those that were looked at. Default: the inventory's. */
  readonly members?: readonly Host[];
  readonly keys: Keys;
  /** Empty when only the files are of interest: then no binaries and images are wanted. */
  readonly artifacts: readonly Artifact[];
  readonly settled: Settled;
  /** How API servers encrypt. Default: podstrap lets them encrypt nothing. */
  readonly encryption?: Ring | undefined;
  /** Host name → what is known of it; hosts that are missing are taken for ordinary ones. */
  readonly traits: Readonly<Record<string, HostTraits>>;
  /** False while a live cluster has kubelets that may serve with a certificate of their own. Default: true. */
  readonly checksKubelets?: boolean;
}
