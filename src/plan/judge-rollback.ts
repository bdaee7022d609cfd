import { sorted } from '../desired/canonical-yaml.js';
import { etcdTag } from '../desired/images.js';
import type { Desired } from '../desired/resource.js';
import { minorsAhead, parseVersion } from '../desired/version.js';
import { Failure } from '../failure.js';
import { paths } from '../host/paths.js';
import type { Inventory } from '../inventory/inventory.js';
import { type Generation, isRolledBack, type Remembered, remember } from './generation.js';

/** A host's generation, and the inventory that led to it. */
export interface State {
  readonly generation: Generation;
  readonly inventory: Inventory;
}

export interface RollbackInput {
  readonly run: string;
  /** The operator's inventory as it is now. */
  readonly present: Inventory;
  /** By host: what it has now, and what it had after the run. */
  readonly hosts: ReadonlyMap<string, { readonly now: State; readonly then: State }>;
}

/** The failure of a rollback that would harm, or that cannot lead where it should. */
export const rollbackRefused = (run: string, said: string, next: string, host?: string): Failure =>
  new Failure({
    kind: 'refused',
    doing: `Going back to run ${run}`,
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
          'Members come and go with `podstrap up` and `podstrap reset` alone. Change the rest of the inventory back by hand, then run `podstrap up`.',
        ),
      ),
      ...versions(now.inventory, then.inventory).map((said) =>
        refused(
          said,
          'The way back is etcd’s snapshot from before the upgrade; see docs/upgrade.md. To undo only what else changed, edit the inventory and run `podstrap up`.',
        ),
      ),
      ...authorities(now.generation, then.generation).map((name) =>
        refused(
          `the authority ${name} is another than then, and what it has signed since would not be trusted`,
          'Name a later run, or change the inventory back by hand, then run `podstrap up`.',
        ),
      ),
      ...(encryptionOf(now) === encryptionOf(then)
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

function authorities(now: Generation, then: Generation): readonly string[] {
  const of = ({ resources }: Generation) =>
    new Map(
      resources.flatMap((one) =>
        one.kind === 'certificate' && ['ca', 'front-proxy-ca', 'etcd-ca'].includes(one.name)
          ? [[one.name, one.sha256] as const]
          : [],
      ),
    );
  const was = of(then);
  return [...of(now)].flatMap(([name, sha256]) => (was.get(name) === sha256 ? [] : [name]));
}

/** Where the API server reads how to encrypt, and the digest of what stands there. */
function encryptionOf({ generation, inventory }: State): string {
  const path = inventory.spec.apiServer.extraArgs.findLast(
    ({ name }) => name === 'encryption-provider-config',
  )?.value;
  const file = generation.resources.find((one) => one.kind === 'file' && one.path === path);
  return `${path ?? ''} ${file?.kind === 'file' ? file.sha256 : ''}`;
}

/**
 * What these hosts would get that differs from what they had after the run, as paths and names; certificates and
 * kubeconfigs apart, which follow the keystore. Pure. Empty when the rollback leads to the same bytes.
 */
export const strayOf = (desired: Desired, then: ReadonlyMap<string, Generation>): readonly string[] => {
  const all = desired.hosts.flatMap((wanted) => {
    const generation = then.get(wanted.host);
    if (generation === undefined) return [];
    const now = identities(remember(wanted, { files: {} }, new Set()));
    const was = identities(generation.resources);
    return [...new Set([...now.keys(), ...was.keys()])].filter((key) => now.get(key) !== was.get(key));
  });
  return [...new Set(all)].sort();
};

const identities = (resources: readonly Remembered[]): ReadonlyMap<string, string> =>
  new Map(
    resources.filter(isRolledBack).flatMap((resource): [string, string][] => {
      const { because: _, ...rest } = resource;
      const key = 'path' in rest ? rest.path : 'ref' in rest ? rest.ref : rest.name;
      // The cluster's record tells of members, which a rollback leaves alone.
      return key === paths.clusterRecord ? [] : [[key, JSON.stringify(sorted(rest))]];
    }),
  );
