import { z } from 'zod';
import { objectName } from '../../cluster/kube.js';
import { sorted } from '../../desired/canonical-yaml.js';
import type { Desired, DesiredHost } from '../../desired/resource.js';
import type { Settled } from '../../desired/settled.js';
import { paths } from '../../host/paths.js';
import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import type { Keys } from '../../pki/keys.js';
import { digestOf } from '../../secrets/digest.js';
import { followsKeystore, type Remembered, remember } from './generation.js';

/** A run's name: it is part of paths. */
const run = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const digests = z.record(z.string().max(1000), sha256);

const madeSchema = z.strictObject({
  /** By host that the run was about: what it was to have, but for what follows the keystore. */
  hosts: digests,
  /** By name, the objects of the API that podstrap makes; absent where only some hosts were changed. */
  objects: digests.exactOptional(),
  /** Of the authorities' certificates, by name. */
  authorities: digests,
  /** How data in etcd is encrypted: where that is configured, and the digest of it. */
  encryption: z.string().max(5000),
  /** Where the API was for everyone outside a control plane. */
  endpoint: z.string().max(300),
});

/**
 * What a run that was finished has led to, as control planes and the operator's machine remember it, and nobody else: the
 * same everywhere, and without secrets.
 */
export const runRecordSchema = z.strictObject({
  apiVersion: z.literal('podstrap.io/v1alpha1'),
  kind: z.literal('RunRecord'),
  run,
  /** The run whose state this one brought back, when it was a rollback. */
  rollbackTo: run.exactOptional(),
  /** The inventory and its patches, as JSON, with their secrets taken out; the inventory comes first. */
  sources: z
    .array(z.strictObject({ path: z.string().min(1).max(4096), text: z.string() }))
    .min(1)
    .max(1000),
  /** Absent in what an earlier podstrap kept. */
  made: madeSchema.exactOptional(),
});

export type RunRecord = Readonly<z.output<typeof runRecordSchema>>;
export type Made = Readonly<z.output<typeof madeSchema>>;

/** As it is written everywhere: equal records have equal texts. */
export const recordText = (record: RunRecord): string => `${JSON.stringify(sorted(record), null, 1)}\n`;

/** What a record is told by. Hex SHA-256. */
export const recordDigest = (record: RunRecord): string => digestOf(recordText(record));

export interface MadeInput {
  readonly inventory: Inventory;
  readonly desired: Desired;
  readonly settled: Pick<Settled, 'endpoint'>;
  readonly keys: Pick<Keys, 'authorities'>;
}

/**
 * What a run makes, told by digests. Pure.
 * @param hosts those that it is about
 * @param whole false where only some hosts are changed, and with them no objects
 */
export const madeOf = (
  { inventory, desired, settled, keys }: MadeInput,
  hosts: readonly string[],
  whole: boolean,
): Made => ({
  hosts: Object.fromEntries(
    desired.hosts.filter(({ host }) => hosts.includes(host)).map((one) => [one.host, hostDigest(one)]),
  ),
  ...(whole ? { objects: objectDigests(desired) } : {}),
  authorities: authorityDigests(keys),
  encryption: encryptionIn(inventory, desired),
  endpoint: settled.endpoint,
});

export const authorityDigests = ({ authorities }: Pick<Keys, 'authorities'>): Made['authorities'] =>
  Object.fromEntries(
    Object.entries(authorities).map(([name, { certificate }]) => [name, digestOf(certificate)]),
  );

/** As encryptionOf, of what control planes are to have. */
function encryptionIn(inventory: Inventory, { hosts }: Desired): string {
  const names = controlPlanes(inventory).map(({ name }) => name);
  const one = hosts.find(({ host }) => names.includes(host));
  return encryptionOf(inventory, one ? remember(one, { files: {} }, new Set()) : []);
}

/** Where the API server reads how to encrypt, and the digest of what stands there. Pure. */
export function encryptionOf({ spec }: Inventory, resources: readonly Remembered[]): string {
  const path = spec.apiServer.extraArgs.findLast(({ name }) => name === 'encryption-provider-config')?.value;
  const file = resources.find((one) => one.kind === 'file' && one.path === path);
  return `${path ?? ''} ${file?.kind === 'file' ? file.sha256 : ''}`;
}

/** Tells what a host is to have apart from what another run made, but for what follows the keystore. Pure. */
export const hostDigest = (wanted: DesiredHost): string =>
  stateDigest(remember(wanted, { files: {} }, new Set()));

const stateDigest = (resources: readonly Remembered[]): string =>
  digestOf(JSON.stringify([...identities(resources)].sort(([one], [other]) => (one < other ? -1 : 1))));

/**
 * What a rollback brings back of a host, by path or name: static pods but for what follows the keystore, where that can be
 * told. Pure.
 */
export const identities = (resources: readonly Remembered[]): ReadonlyMap<string, string> =>
  new Map(
    resources
      .filter((resource) => !followsKeystore(resource))
      .flatMap((resource): [string, string][] => {
        const { because: _, ...rest } = resource;
        const key = 'path' in rest ? rest.path : 'ref' in rest ? rest.ref : rest.name;
        // The cluster's record tells of members, which a rollback leaves alone.
        return key === paths.clusterRecord ? [] : [[key, JSON.stringify(sorted(ownPart(rest)))]];
      }),
  );

function ownPart(resource: object): object {
  if (!('ofInventory' in resource)) return resource;
  const { sha256: _content, revision: _, ...rest } = resource as Readonly<Record<string, unknown>>;
  return rest;
}

/** As an earlier podstrap remembered it, which told static pods by their whole content. */
export const withoutOwnParts = (resources: readonly Remembered[]): readonly Remembered[] =>
  resources.map((resource) => {
    if (resource.kind !== 'static-pod') return resource;
    const { ofInventory: _, ...rest } = resource;
    return rest;
  });

/** They tell where the API is, whom to trust and what certificates are made for, and all of that stays as it is now. */
const ofNow = ['ConfigMap kube-system/kubeadm-config', 'ConfigMap kube-public/cluster-info'];

export const objectDigests = ({
  objects,
  systemObjects: addons,
}: Desired): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...objects, ...addons]
      .map((object) => [objectName(object), digestOf(JSON.stringify(sorted(object)))] as const)
      .filter(([name]) => !ofNow.includes(name)),
  );
