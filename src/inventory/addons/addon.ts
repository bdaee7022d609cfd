import type { ApiObject } from '../../kubernetes/api-object.js';

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

/** An object that a manifest describes. */
export interface AddonObject {
  /** The addon's name. */
  readonly addon: string;
  /** Where it stands, for messages: `addons/monitoring/agent.yaml:12`. */
  readonly place: string;
  /** As the manifest has it, without what only the API server writes. */
  readonly object: ApiObject;
}
