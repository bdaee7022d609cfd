import { sorted } from '../../desired/canonical-yaml.js';
import type { Inventory } from '../../inventory/inventory.js';
import { isSecret } from '../../inventory/is-secret.js';
import type { Path } from '../../inventory/path.js';
import type { Keys } from '../../pki/keys.js';
import { sealOf } from './seal.js';

/**
 * Digests of an inventory and of what it brings with it, part by part, so that it can be told which part changed.
 * Comments, order and defaults that are spelled out make no difference. They are keyed, since passwords could be guessed
 * from digests of what they stand in; those of registries are left out, which may be other ones at each run. Pure.
 */
export function inventoryDigests(inventory: Inventory, keys: Keys): Readonly<Record<string, string>> {
  const { spec, metadata, patches, addons } = inventory;
  const { hosts, ...fields } = spec;
  const parts: [string, unknown][] = [
    ['metadata', metadata],
    ...Object.entries(fields).map(([name, value]): [string, unknown] => [`spec.${name}`, value]),
    ...hosts.map((host): [string, unknown] => [`spec.hosts ${host.name}`, host]),
    ['spec.hosts', hosts.map(({ name }) => name)],
    ...patches.map(({ file, ...patch }): [string, unknown] => [`patch ${nameOf(file)}`, patch]),
    ...addons.map(({ name, objects }): [string, unknown] => [
      `addon ${name}`,
      objects.map(({ object }) => object),
    ]),
    ...Object.entries(keys.authorities).map(([name, { certificate }]): [string, unknown] => [
      `authority ${name}`,
      certificate,
    ]),
  ];
  return Object.fromEntries(
    parts
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        name,
        sealOf(keys.planKey, 'inventory', JSON.stringify(sorted(withoutSecrets(value, name.split('.'))))),
      ]),
  );
}

const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

function withoutSecrets(value: unknown, path: Path): unknown {
  if (isSecret(path)) return undefined;
  if (Array.isArray(value)) return value.map((item, index) => withoutSecrets(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, [...path, name])]),
  );
}
