import type { z } from 'zod';
import { bracket } from '../host/bracket.js';
import type { PodName } from '../kubernetes/pod-names.js';
import type { Secret } from '../secret.js';
import type { Addon } from './addons/addon.js';
import type { Fleet, Rollout } from './fleet/fleet.js';
import type { ListedHost } from './fleet/load-hosts.js';
import { splitEndpoint } from './formats.js';
import { takesPart } from './host-kinds.js';
import type { hostSchema, inventorySchema, specSchema, sshSchema } from './schema.js';
import type { StaticPodSource } from './static-pods/static-pod.js';

/** One host as the inventory describes it, defaults filled in. */
export type Host = Omit<z.output<typeof hostSchema>, 'roles'> & {
  readonly advertiseAddress: string;
  readonly roles: readonly Role[];
};
/** `standalone`: its kubelet runs static pods, and knows no API. */
export type Role = z.output<typeof hostSchema>['roles'][number] | 'standalone';
export type Ssh = z.output<typeof sshSchema>;
type Given = z.output<typeof specSchema>;
export type Spec = Omit<Given, 'hosts' | 'networking'> & {
  readonly hosts: readonly Host[];
  readonly networking: Omit<Given['networking'], 'plugin'> & {
    /** `bridge` and `host` on hosts without an API. */
    readonly plugin: Given['networking']['plugin'] | Fleet['spec']['networking']['plugin'];
  };
  /** How changes reach hosts without an API; absent where there is one. */
  readonly rollout?: Rollout;
};

/** A checked inventory: every default filled in, every reference resolvable. */
export interface Inventory extends Omit<z.output<typeof inventorySchema>, 'spec' | 'kind'> {
  readonly kind: 'Cluster' | 'Fleet';
  readonly spec: Spec;
  /** The hosts that lists of the inventory name; they are among spec.hosts. */
  readonly listed?: readonly ListedHost[];
  /** Directory of the inventory file; relative paths in it start here. */
  readonly directory: string;
  /** Path of the inventory file as the user typed it; for messages. */
  readonly file: string;
  /** Where a field stands, for messages: `cluster.yaml:12:5`. Path as in `spec.hosts[0].address`. */
  readonly placeOf: (path: string) => string;
  /** Strategic, merge or JSON patches read from spec.patches.directory; empty without one. */
  readonly patches: readonly ManifestPatch[];
  /** What spec.addons names, read; in its order. */
  readonly addons: readonly Addon[];
  /** What spec.staticPods names, read; in its order. */
  readonly staticPods: readonly StaticPodSource[];
  /** Texts of files of components and static pods, by their `source`; a key may be in any of them. */
  readonly files: ReadonlyMap<string, Secret>;
  /** Secrets of static pods by their key (secret-key.ts). Those of commands are among them once these have run. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** The file itself, and the patches and manifests of static pods that it names, as they were read; the inventory comes first. */
  readonly sources: readonly SourceText[];
  /** Values of the environment that may be secrets, wherever they stand. */
  readonly hidden: readonly Secret[];
}

export interface SourceText {
  /** Relative to the inventory's directory where it lies below it. */
  readonly path: string;
  /** A password may stand in it. */
  readonly text: Secret;
}

/** One patch file of kubeadm's naming: TARGET[SUFFIX][+strategic|merge|json].yaml|json. */
export interface ManifestPatch {
  readonly target: PodName | 'kubeletconfiguration';
  readonly type: 'strategic' | 'merge' | 'json';
  readonly file: string;
  /** The parsed document: an object, or for `json` a list of operations. */
  readonly content: unknown;
}

export const isControlPlane = (host: Pick<Host, 'roles'>): boolean => takesPart(host, 'control-plane');

/** The host of this name. @throws Error where there is none: names come from the inventory, or from what was checked against it */
export function hostNamed({ spec }: Pick<Inventory, 'spec'>, name: string): Host {
  const host = spec.hosts.find((one) => one.name === name);
  if (host === undefined) throw new Error(`no host ${name} in the inventory`);
  return host;
}

export const controlPlanes = (inventory: Inventory): readonly Host[] =>
  inventory.spec.hosts.filter(isControlPlane);

/** Whether its hosts are nodes of a cluster, which has an API; else each stands for itself. */
export const hasApi = ({ spec }: Pick<Inventory, 'spec'>): boolean =>
  spec.hosts.some((host) => takesPart(host, 'node'));

/** host:port of the API server for everyone outside a control plane; empty where there is none. */
export function endpointOf(inventory: Inventory): string {
  if (!hasApi(inventory)) return '';
  const { controlPlaneEndpoint, virtualAddress, apiServer } = inventory.spec;
  const endpoint = controlPlaneEndpoint === undefined ? undefined : splitEndpoint(controlPlaneEndpoint);
  const host = endpoint?.host ?? virtualAddress?.address ?? controlPlanes(inventory)[0]!.advertiseAddress;
  return `${bracket(host)}:${endpoint?.port ?? apiServer.bindPort}`;
}

/** host:port of the API server on a control plane itself. */
export const apiServerOn = (
  { spec }: { readonly spec: Pick<Spec, 'apiServer'> },
  { advertiseAddress }: { readonly advertiseAddress: string },
): string => `${bracket(advertiseAddress)}:${spec.apiServer.bindPort}`;
