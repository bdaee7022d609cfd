import type { HostPart } from '../../inventory/host-kinds.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Path } from '../../inventory/path.js';
import type { PodName } from '../../kubernetes/pod-names.js';
import type { Reading } from '../../pki/reading.js';
import type { HostInput } from '../host-input.js';
import type { DirectoryResource, FileResource } from '../resource.js';
import type { Values } from '../templates.js';

/**
 * A static pod that podstrap composes: all that podstrap knows of it, beside its template, `templates/NAME.yaml.hbs`. Its
 * gate are the probes of that template, and who reads which certificate stands in the table of those.
 */
export interface PodRow {
  /** Which hosts have it, and of which inventories. */
  readonly on: HostPart;
  readonly when?: (inventory: Inventory) => boolean;
  /** Why it is there, for the plan. */
  readonly because: string;
  /** Why it goes, where an inventory may do without it. */
  readonly goes?: string;
  /** The full name. */
  readonly image: (inventory: Inventory) => string;
  /** What the template is filled with, besides `image` and `startupFailures`. */
  readonly values: (input: HostInput) => Values;
  /** Whether it gets the variables of a proxy; only for components, to which a user adds flags, variables and volumes. */
  readonly proxied?: boolean;
  /** What it listens on. */
  readonly ports: (inventory: Inventory) => readonly number[];
  /** Folders of its own. */
  readonly directories?: (
    input: HostInput,
  ) => readonly Pick<DirectoryResource, 'path' | 'mode' | 'owner' | 'because'>[];
  /** Its configuration; who reads it stands in `reads`. */
  readonly files?: (input: HostInput) => readonly FileResource[];
  /** Files besides certificates and what holds them, and what a change of each needs. */
  readonly reads?: readonly (Omit<Reading, 'by'> & { readonly path: string })[];
  /** A configuration that it takes up by itself, and what it answers to, by its text, once it has. */
  readonly tells?: { readonly path: string; readonly revisionIn: (text: string) => string | undefined };
  /** What it cannot do without on its host: while that is away, it may end and be started again as often as it likes. */
  readonly needs: readonly PodName[];
  /** One instance at a time is at work: the holder of the lease of its name. */
  readonly elected?: true;
  /** It tells podstrap's own client more than others, and names the checks that fail. */
  readonly knowsClients?: true;
  /**
   * Its place in a switch. `store`: it is never taken from under a running server. `server`: clients miss it, so it comes
   * back first. `address`: it hands over before the server goes. `beside`: all of these at once.
   */
  readonly switched: 'store' | 'server' | 'address' | 'beside';
  /** Others that go and come with it: while it is away they would only hang. */
  readonly takesAlong?: readonly PodName[];
  /** Seconds from the last byte sent until it is ready again, where it goes alone; measured on hosts with real Kubernetes. */
  readonly switchSeconds?: number;
  /** Fields and flags of its manifest, and the place in the inventory that each follows from. */
  readonly origins: Readonly<Record<string, string>>;
  /** Places in the inventory that become values of its variables. */
  readonly variables?: readonly Path[];
}
