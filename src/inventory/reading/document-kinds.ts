import type { z } from 'zod';
import type { Draft } from '../draft.js';
import { expandFleet } from '../fleet/expand-fleet.js';
import { fleetSpec } from '../fleet/fleet-inventory.js';
import { fleetSchema } from '../fleet/fleet-schema.js';
import type { ListedHost } from '../fleet/load-hosts.js';
import { fleetKubeletsRule } from '../fleet/rules/kubelets.js';
import { fleetNetworkingRule } from '../fleet/rules/networking.js';
import { rolloutRule } from '../fleet/rules/rollout.js';
import type { Inventory } from '../inventory.js';
import { fleetJsonSchema, type JsonSchema, jsonSchema } from '../json-schema.js';
import { shortestAddress } from '../networks.js';
import { addonsRule } from '../rules/addons.js';
import { addressesRule } from '../rules/addresses.js';
import { authenticationRule } from '../rules/authentication.js';
import { dataDirectoryRule } from '../rules/data-directory.js';
import { duplicatesRule } from '../rules/duplicates.js';
import { encryptionRule } from '../rules/encryption.js';
import { hardeningRule } from '../rules/hardening.js';
import { kubeletRule } from '../rules/kubelet.js';
import { kubernetesObjectsRule } from '../rules/kubernetes-objects.js';
import { lifetimesRule } from '../rules/lifetimes.js';
import { loadBalancerRule } from '../rules/load-balancer.js';
import { networkingRule } from '../rules/networking.js';
import { ownedFlagsRule } from '../rules/owned-flags.js';
import { registriesRule } from '../rules/registries.js';
import { removedRule } from '../rules/removed.js';
import { rolesRule } from '../rules/roles.js';
import type { Rule } from '../rules/rule.js';
import { versionRule } from '../rules/version.js';
import { virtualAddressRule } from '../rules/virtual-address.js';
import { inventorySchema } from '../schema.js';
import type { Finding } from './finding.js';
import type { Source } from './source.js';

export type DocumentKind = 'Cluster' | 'Fleet';

/** An inventory with the hosts of the lists that it names. */
export interface Expanded {
  readonly listed: readonly ListedHost[];
  /** What the rules look at. Hosts of lists come after those of the file. */
  readonly draft: Draft;
  readonly findings: readonly Finding[];
}

type Whole = Pick<Inventory, 'apiVersion' | 'kind' | 'metadata' | 'environment' | 'spec'>;

/** How a document of one kind is read. */
interface Format<Data> {
  readonly schema: z.ZodType<Data>;
  readonly jsonSchema: () => JsonSchema;
  readonly expand: (draft: Draft, source: Source) => Expanded;
  readonly rules: readonly Rule[];
  readonly complete: (data: Data, listed: readonly ListedHost[]) => Whole;
}

const cluster: Format<z.output<typeof inventorySchema>> = {
  schema: inventorySchema,
  jsonSchema,
  expand: (draft) => ({ listed: [], draft, findings: [] }),
  rules: [
    versionRule,
    rolesRule,
    duplicatesRule,
    addressesRule,
    networkingRule,
    lifetimesRule,
    kubeletRule,
    ownedFlagsRule,
    hardeningRule,
    authenticationRule,
    encryptionRule,
    dataDirectoryRule,
    kubernetesObjectsRule,
    loadBalancerRule,
    virtualAddressRule,
    registriesRule,
    removedRule,
    addonsRule,
  ],
  complete: (data) => ({
    ...data,
    spec: { ...data.spec, hosts: data.spec.hosts.map(withAdvertiseAddress) },
  }),
};

const fleet: Format<z.output<typeof fleetSchema>> = {
  schema: fleetSchema,
  jsonSchema: fleetJsonSchema,
  expand: expandFleet,
  rules: [
    versionRule,
    lifetimesRule,
    kubeletRule,
    fleetKubeletsRule,
    ownedFlagsRule,
    fleetNetworkingRule,
    registriesRule,
    removedRule,
    rolloutRule,
  ],
  complete: (data, listed) => ({ ...data, spec: fleetSpec(data, listed) }),
};

/** Addresses of IPv6 in their shortest form, which is that of hosts when they tell of theirs. */
const withAdvertiseAddress = <Given extends { address: string; advertiseAddress?: string | undefined }>(
  host: Given,
): Given & { advertiseAddress: string } => ({
  ...host,
  advertiseAddress: shortestAddress(host.advertiseAddress ?? host.address),
});

/** The kinds of documents, by what they say they are. */
export const documentKinds: Readonly<Record<DocumentKind, Format<never>>> = {
  Cluster: cluster as unknown as Format<never>,
  Fleet: fleet as unknown as Format<never>,
};
