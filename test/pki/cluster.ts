import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { z } from 'zod';
import type { Inventory } from '../../src/inventory/inventory.js';
import { inventorySchema } from '../../src/inventory/schema.js';

type Spec = z.input<typeof inventorySchema>['spec'];

/** A moment that every test agrees on. */
export const now = new Date('2026-03-01T12:00:00Z');
export const day = 24 * 3_600_000;
export const inDays = (days: number): Date => new Date(now.getTime() + days * day);

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

/** An inventory of one control plane with elliptic keys, which are made in no time, unless `spec` says otherwise. */
export function cluster(spec: Partial<Spec> = {}, directory = '/inventory'): Inventory {
  const parsed = inventorySchema.parse({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'test' },
    spec: {
      kubernetesVersion: 'v1.36.3',
      encryptionAlgorithm: 'ECDSA-P256',
      hosts: [controlPlane(1)],
      ...spec,
    },
  });
  return {
    ...parsed,
    spec: {
      ...parsed.spec,
      hosts: parsed.spec.hosts.map((host) => ({
        ...host,
        advertiseAddress: host.advertiseAddress ?? host.address,
      })),
    },
    directory,
    file: 'cluster.yaml',
    placeOf: (path) => path,
    patches: [],
    addons: [],
    staticPods: [],
    secrets: new Map(),
    hidden: [],
    files: new Map(),
    sources: [],
  };
}

// Here, and not where one is asked for: a hook that a running test registers is never called.
const base = mkdtempSync(join(tmpdir(), 'podstrap-pki-'));
afterAll(() => rm(base, { recursive: true, force: true }));

/** An empty directory that is gone after the tests of the file. */
export const scratch = (): string => mkdtempSync(join(base, 'case-'));
