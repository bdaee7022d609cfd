import type { z } from 'zod';
import type { Inventory, ManifestPatch } from '../../src/inventory/inventory.js';
import { inventorySchema } from '../../src/inventory/schema.js';

export type SpecText = z.input<typeof inventorySchema>['spec'];

/** An inventory with every default filled in, without reading a file. Hosts' advertiseAddress is their address. */
export function inventoryOf(spec: SpecText, patches: readonly ManifestPatch[] = []): Inventory {
  const parsed = inventorySchema.parse({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'test' },
    spec,
  });
  const hosts = parsed.spec.hosts.map((host) => ({
    ...host,
    advertiseAddress: host.advertiseAddress ?? host.address,
  }));
  return {
    ...parsed,
    spec: { ...parsed.spec, hosts },
    directory: '/inventory',
    file: 'cluster.yaml',
    placeOf: (path) => path,
    patches,
    addons: [],
    staticPods: [],
    secrets: new Map(),
    hidden: [],
    files: new Map(),
    sources: [],
  };
}

export const controlPlane = (n: number) => ({
  name: `cp-${n}`,
  address: `10.0.0.${10 + n}`,
  roles: ['control-plane' as const],
});

export const worker = (n: number) => ({
  name: `w-${n}`,
  address: `10.0.0.${20 + n}`,
  roles: ['worker' as const],
});
