import type { AddonObject } from '../../desired/resource.js';

/** Manifests beside the inventory, read and checked. */
export interface Addon {
  readonly name: string;
  /** True when it connects the pods: it is applied before the others. */
  readonly network: boolean;
  /** API groups whose kinds its programs define by themselves. */
  readonly installs: readonly string[];
  /** In the order of files' names, then of the documents in them. */
  readonly objects: readonly AddonObject[];
}
