import { Failure } from '../../failure.js';
import type { AddonObject } from '../../inventory/addons/addon.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { identityOf } from '../../kubernetes/identity-of.js';

/**
 * The objects of an inventory's addons, those of network plugins first.
 * @param own what podstrap itself applies: two owners would change it back and forth
 * @throws Failure `inventory` naming every object that is podstrap's own
 */
export function addonObjects({ addons, file }: Inventory, own: readonly ApiObject[]): readonly AddonObject[] {
  const ours = new Set(own.map(identityOf));
  const all = [
    ...addons.filter(({ network }) => network),
    ...addons.filter(({ network }) => !network),
  ].flatMap(({ objects }) => objects);
  const contested = all.filter(({ object }) => ours.has(identityOf(object)));
  if (contested.length === 0) return all;
  throw new Failure({
    kind: 'inventory',
    doing: `Putting together the addons of ${file}`,
    said: contested
      .map(
        ({ place, object: { kind, metadata } }) =>
          `${place}: ${kind} ${metadata.name} is one that podstrap applies itself`,
      )
      .join('\n'),
    next: 'Take them out of the manifests. kube-proxy and CoreDNS can be switched off: spec.kubeProxy.disabled, spec.dns.disabled. Nothing was changed.',
  });
}
