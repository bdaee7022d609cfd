import { type Kube, objectName } from '../cluster/kube.js';
import type { ApiObject, Desired } from '../desired/resource.js';
import { virtualAddressLease } from '../desired/virtual-address.js';
import { isCordonedByUs } from '../plan/upgrade-steps.js';
import { type AddonsView, noAddonsYet, viewAddons } from './addon-view.js';

/** What an API server tells about what podstrap wants there and about who is at work. */
export interface ApiView {
  /** Podstrap's own by name, those that are switched off included; undefined for one that is not there. */
  readonly objects: ReadonlyMap<string, ApiObject | undefined>;
  readonly addons: AddonsView;
  /** Hosts whose controller manager or scheduler holds its lease, or that have the virtual address. */
  readonly leaseHolders: readonly string[];
  /** Nodes that podstrap has cordoned. */
  readonly cordoned: ReadonlySet<string>;
}

/** The view of a cluster whose API has nothing of podstrap's yet. */
export const nothingYet: ApiView = {
  objects: new Map(),
  addons: noAddonsYet,
  leaseHolders: [],
  cordoned: new Set(),
};

/** Components of which one instance at a time is at work: the holder of the lease of its name. */
const elected = ['kube-controller-manager', 'kube-scheduler'] as const;

/**
 * Reads the API through one API server. @throws what the first failing request throws
 * @param desired what to look for
 * @param hostnames each host's own name by its name in the inventory
 */
export async function viewApi(
  kube: Kube,
  { objects, addons, withdrawn, manifests }: Omit<Desired, 'hosts'>,
  hostnames: ReadonlyMap<string, string>,
): Promise<ApiView> {
  const own = [...objects, ...addons, ...withdrawn];
  const [found, ofAddons, holders, keeper, unschedulable] = await Promise.all([
    Promise.all(own.map(async (object) => [objectName(object), await kube.get(object)] as const)),
    viewAddons(kube, manifests),
    Promise.all(elected.map((name) => holderOf(kube, name))),
    holderOfAddress(kube),
    kube.list('Node', { fieldSelector: 'spec.unschedulable=true' }),
  ]);
  const leaseHolders = [...hostnames].flatMap(([host, hostname]) =>
    holders.includes(hostname) || host === keeper ? [host] : [],
  );
  const cordoned = unschedulable.filter(isCordonedByUs).map(({ metadata }) => metadata.name);
  return { objects: new Map(found), addons: ofAddons, leaseHolders, cordoned: new Set(cordoned) };
}

/** The hostname of whoever holds a lease of the control plane; it calls itself HOSTNAME_UUID. */
async function holderOf(kube: Kube, name: string): Promise<string | undefined> {
  const identity = await identityIn(kube, name);
  return identity?.slice(0, identity.lastIndexOf('_'));
}

/** The host that has the virtual address; undefined when there is none, or nobody has it. */
export const holderOfAddress = (kube: Kube): Promise<string | undefined> =>
  identityIn(kube, virtualAddressLease);

async function identityIn(kube: Kube, name: string): Promise<string | undefined> {
  const metadata = { name, namespace: 'kube-system' };
  const lease = await kube.get({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata });
  return (lease?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity || undefined;
}
