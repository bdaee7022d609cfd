import { etcdTag } from '../../desired/images.js';
import type { Desired, DesiredHost } from '../../desired/resource.js';
import type { Settled } from '../../desired/settled.js';
import { Failure } from '../../failure.js';
import type { Inventory } from '../../inventory/inventory.js';
import { minorsAhead, parseVersion } from '../../kubernetes/version.js';
import { type Generation, remember } from '../../observed/memory/generation.js';
import { identities, type Made, objectDigests, withoutOwnParts } from '../../observed/memory/run-record.js';

/** How a host stood, or stands, as far as anybody knows who is to be believed. */
export interface State {
  readonly inventory: Inventory;
  /** Digests of the authorities' certificates, by name. */
  readonly authorities: Readonly<Record<string, string>>;
  /** See encryptionOf. */
  readonly encryption: string;
}

export interface RollbackInput {
  readonly run: string;
  /** The operator's inventory as it is now. */
  readonly present: Inventory;
  /** By host: what it had after the run, and what it has now, where that is known. */
  readonly hosts: ReadonlyMap<string, { readonly now: State | undefined; readonly then: State }>;
}

/** The failure of a rollback that would harm, or that cannot lead where it should. */
export const rollbackRefused = (run: string, said: string, next: string, host?: string): Failure =>
  new Failure({
    kind: 'refused',
    doing: `Rolling back to run ${run}`,
    ...(host === undefined ? {} : { where: { host } }),
    said,
    next: `Nothing was changed. ${next}`,
  });

/** Why these hosts cannot go back. Pure. None when they can. */
export const judgeRollback = (input: RollbackInput): readonly Failure[] =>
  [...input.hosts].flatMap(([host, { now, then }]) => {
    const refused = (said: string, next: string) => rollbackRefused(input.run, said, next, host);
    return [
      ...members(input.present, then.inventory).map((said) =>
        refused(
          `the hosts of the cluster are others than then: ${said}`,
          'Only `podstrap up` and `podstrap reset` add and remove members. Change the rest of the inventory back by hand, then run `podstrap up`.',
        ),
      ),
      ...(now ? versions(now.inventory, then.inventory) : []).map((said) =>
        refused(
          said,
          'The way back is etcd’s snapshot from before the upgrade; see docs/upgrade.md. To undo only what else changed, edit the inventory and run `podstrap up`.',
        ),
      ),
      ...(now ? authorities(now, then) : []).map((name) =>
        refused(
          `the authority ${name} is another than then, and what it has signed since would not be trusted`,
          'Name a later run, or change the inventory back by hand, then run `podstrap up`.',
        ),
      ),
      ...(now === undefined || now.encryption === then.encryption
        ? []
        : [
            refused(
              'the encryption of data in etcd was configured in another way then, and what was written since could not be read',
              'Change the rest of the inventory back by hand, then run `podstrap up`.',
            ),
          ]),
    ];
  });

function members(present: Inventory, then: Inventory): readonly string[] {
  const hosts = ({ spec }: Inventory) =>
    new Map(
      spec.hosts.map(({ name, roles, advertiseAddress }) => [
        name,
        `${[...roles].sort()} ${advertiseAddress}`,
      ]),
    );
  const [is, was] = [hosts(present), hosts(then)];
  const other = [...new Set([...is.keys(), ...was.keys()])].filter((name) => is.get(name) !== was.get(name));
  return other.length === 0 ? [] : [other.join(', ')];
}

function versions(now: Inventory, then: Inventory): readonly string[] {
  const pairs = [
    ['etcd', etcdTag(now), etcdTag(then)],
    ['Kubernetes', now.spec.kubernetesVersion, then.spec.kubernetesVersion],
  ] as const;
  return pairs.flatMap(([what, is, was]) => {
    const [from, to] = [parseVersion(is), parseVersion(was)];
    const same = from && to ? minorsAhead(from, to) === 0 : is === was;
    return same
      ? []
      : [
          `${what} is at ${is} and was at ${was}: data may be stored in a form that the other minor cannot read`,
        ];
  });
}

const authorities = (now: State, then: State): readonly string[] =>
  Object.entries(now.authorities).flatMap(([name, sha256]) =>
    then.authorities[name] === sha256 ? [] : [name],
  );

/** Digests of authorities' certificates, as a generation names them. Pure. */
export const authoritiesIn = ({ resources }: Generation): State['authorities'] =>
  Object.fromEntries(
    resources.flatMap((one) =>
      one.kind === 'certificate' && ['ca', 'front-proxy-ca', 'etcd-ca'].includes(one.name)
        ? [[one.name, one.sha256] as const]
        : [],
    ),
  );

/**
 * What a host would get that differs from what it had after the run, as paths and names; what follows the keystore apart.
 * Pure. Empty when the rollback leads to the same bytes.
 */
export function strayOf(wanted: DesiredHost, { resources }: Generation): readonly string[] {
  const made = remember(wanted, { files: {} }, new Set());
  const isEarlier = resources.some((one) => one.kind === 'static-pod' && one.ofInventory === undefined);
  const now = identities(isEarlier ? withoutOwnParts(made) : made);
  const was = identities(resources);
  return [...new Set([...now.keys(), ...was.keys()])].filter((key) => now.get(key) !== was.get(key)).sort();
}

/**
 * Objects of the API that would differ from those after the run, by name. Nodes that were not looked at count on neither
 * side, and neither does what tells where the API is, when that is another place now. Pure.
 */
export function strayObjects(
  desired: Desired,
  { objects, endpoint }: Made,
  settled: Pick<Settled, 'endpoint'>,
): readonly string[] {
  if (objects === undefined) return [];
  const now = objectDigests(desired);
  const moved = endpoint !== settled.endpoint;
  return [...new Set([...Object.keys(now), ...Object.keys(objects)])]
    .filter((name) => now[name] !== objects[name])
    .filter((name) => !name.startsWith('Node ') || (name in now && name in objects))
    .filter((name) => !(moved && name.endsWith('kube-system/kube-proxy')))
    .sort();
}
