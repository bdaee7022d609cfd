import { type Kube, objectName } from '../../cluster/kube.js';
import { isCordonedByUs } from '../../desired/objects/cordon-mark.js';
import { elected } from '../../desired/pods/dependence.js';
import { virtualAddressLease } from '../../desired/pods/virtual-address.js';
import type { Desired } from '../../desired/resource.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { type AddonsView, noAddonsYet, viewAddons } from './addon-view.js';

/** What an API server tells about what podstrap wants there and about who is at work. */
export interface ApiView {
  /** Podstrap's own by name, those that are switched off included; undefined for one that is not there. */
  readonly objects: ReadonlyMap<string, ApiObject | undefined>;
  readonly addons: AddonsView;
  /** Hosts whose controller manager or scheduler holds its lease. */
  readonly leaseHolders: readonly string[];
  /** The host that has the virtual address; undefined where nobody has it, or there is to be none. */
  readonly addressHolder: string | undefined;
  /** Nodes that podstrap has cordoned. */
  readonly cordoned: ReadonlySet<string>;
}

/** The view of a cluster whose API has nothing of podstrap's yet. */
export const nothingYet: ApiView = {
  objects: new Map(),
  addons: noAddonsYet,
  leaseHolders: [],
  addressHolder: undefined,
  cordoned: new Set(),
};

/**
 * Reads the API through one API server. @throws what the first failing request throws
 * @param desired what to look for
 * @param hostnames each host's own name by its name in the inventory
 * @param holdsAddress true where the control planes hold a virtual address
 */
export async function viewApi(
  kube: Kube,
  { objects, systemObjects: addons, withdrawn, manifests }: Omit<Desired, 'hosts'>,
  hostnames: ReadonlyMap<string, string>,
  holdsAddress: boolean,
): Promise<ApiView> {
  const own = [...objects, ...addons, ...withdrawn];
  const [found, ofAddons, holders, addressHolder, unschedulable] = await Promise.all([
    Promise.all(own.map(async (object) => [objectName(object), await kube.get(object)] as const)),
    viewAddons(kube, manifests),
    Promise.all(elected.map((name) => holderOf(kube, name))),
    holdsAddress ? identityIn(kube, virtualAddressLease) : undefined,
    kube.list('Node', { fieldSelector: 'spec.unschedulable=true' }),
  ]);
  const leaseHolders = [...hostnames].flatMap(([host, hostname]) =>
    holders.includes(hostname) ? [host] : [],
  );
  const cordoned = unschedulable.filter(isCordonedByUs).map(({ metadata }) => metadata.name);
  return {
    objects: new Map(found),
    addons: ofAddons,
    leaseHolders,
    addressHolder,
    cordoned: new Set(cordoned),
  };
}

/** The hostname of whoever holds a lease of the control plane; it calls itself HOSTNAME_UUID. */
async function holderOf(kube: Kube, name: string): Promise<string | undefined> {
  const identity = await identityIn(kube, name);
  return identity?.slice(0, identity.lastIndexOf('_'));
}

async function identityIn(kube: Kube, name: string): Promise<string | undefined> {
  const metadata = { name, namespace: 'kube-system' };
  const lease = await kube.get({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata });
  return (lease?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity || undefined;
}
