import type { RowName } from '../inventory/hardening/rows.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import type { Release } from '../kubernetes/versions.js';
import type { Keys } from '../pki/keys.js';
import type { Artifact } from './artifact.js';
import type { Route } from './resource.js';
import type { Settled } from './settled.js';
import type { HostTraits } from './traits.js';

/** Everything that the desired state of one host is made from. */
export interface HostInput {
  /** With what hardens the cluster: see desired/hardening/harden.ts. */
  readonly inventory: Inventory;
  /** Every host of the cluster, where the inventory holds only those that were looked at. Default: the inventory's. */
  readonly members?: readonly Host[];
  readonly host: Host;
  readonly release: Release;
  readonly keys: Keys;
  readonly artifacts: readonly Artifact[];
  readonly settled: Settled;
  /** The ways to the pods of every host of the cluster, by its name. */
  readonly routes: ReadonlyMap<string, readonly Route[]>;
  readonly traits: HostTraits;
  /** What hardens the cluster. */
  readonly rows: ReadonlySet<RowName>;
  /** Whether API servers check the certificates of kubelets. */
  readonly checksKubelets: boolean;
}
