import { desired } from '../../src/desired/desired.js';
import type { DesiredInput } from '../../src/desired/desired-input.js';
import type { Desired, DesiredHost, Resource, StaticPodResource } from '../../src/desired/resource.js';
import { type Settled, settledAtBirth } from '../../src/desired/settled.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import { fakeKeys } from './fake-keys.js';

/** Everything that desired state is made from, for a first bootstrap of `inventory`; `rest` replaces parts of it. */
export const inputOf = (inventory: Inventory, rest: Partial<DesiredInput> = {}): DesiredInput => ({
  inventory,
  keys: fakeKeys(inventory.spec.hosts),
  artifacts: [],
  settled: settledAtBirth(inventory, '0123456789abcdef0123456789abcdef'),
  traits: {},
  ...rest,
});

/** What is settled of a cluster that an earlier podstrap made: it noted no defaults. */
export function madeEarlier(inventory: Inventory): Settled {
  const { defaults: _, ...settled } = settledAtBirth(inventory, '0123456789abcdef0123456789abcdef');
  return settled;
}

export const desiredOf = (inventory: Inventory, rest: Partial<DesiredInput> = {}): Desired =>
  desired(inputOf(inventory, rest));

export const hostOf = ({ hosts }: Desired, name: string): DesiredHost =>
  hosts.find(({ host }) => host === name)!;

/** The manifest of a component on a host. */
export const podOf = (state: Desired, host: string, component: string): StaticPodResource =>
  hostOf(state, host).resources.find(
    (resource): resource is StaticPodResource =>
      resource.kind === 'static-pod' && resource.name === component,
  )!;

/** The resource that stands for a path on a host. */
export const resourceAt = (state: Desired, host: string, path: string): Resource | undefined =>
  hostOf(state, host).resources.find((resource) => 'path' in resource && resource.path === path);

/** Text of a file on a host; secrets as they print. */
export function textOf(state: Desired, host: string, path: string): string {
  const resource = resourceAt(state, host, path);
  if (resource === undefined || !('content' in resource)) throw new Error(`${host} has no file ${path}`);
  return String(resource.content);
}
