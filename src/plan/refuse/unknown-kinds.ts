import { objectName } from '../../cluster/kube.js';
import { Failure } from '../../failure.js';
import type { AddonObject } from '../../inventory/addons/addon.js';
import type { Inventory } from '../../inventory/inventory.js';
import { groupOf, isBuiltInGroup } from '../../kubernetes/api-kinds.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { identityOf } from '../../kubernetes/identity-of.js';
import type { AddonSight } from '../../observed/views/addon-view.js';

/**
 * Objects of addons whose kind nobody defines: not Kubernetes, no CustomResourceDefinition among the manifests, and, as far
 * as it could be asked, not the API server. Pure.
 * @param sights by identity; empty before there is an API server
 */
export function unknownKinds(
  { addons, file }: Pick<Inventory, 'addons' | 'file'>,
  wanted: readonly AddonObject[],
  sights: ReadonlyMap<string, AddonSight>,
): readonly Failure[] {
  const defined = new Set(wanted.flatMap(({ object }) => definedBy(object)));
  const installed = new Set(addons.flatMap(({ installs }) => installs));
  const unknown = wanted.filter(({ object }) => {
    const group = groupOf(object);
    if (installed.has(group) || defined.has(`${group}/${object.kind}`)) return false;
    const sight = sights.get(identityOf(object));
    return sight === undefined ? !isBuiltInGroup(group) : sight.is === 'unknown';
  });
  if (unknown.length === 0) return [];
  return [
    new Failure({
      kind: 'inventory',
      doing: `Looking for the kinds that the addons of ${file} use`,
      said: unknown.map(({ place, object }) => `${place}: ${said(object)}`).join('\n'),
      next: 'Nothing was changed. Correct apiVersion or kind, or add the manifest of the CustomResourceDefinition; where programs of an addon define the kind themselves, name its group in `installs` of that addon.',
    }),
  ];
}

const said = (object: ApiObject): string =>
  `${objectName(object)}: nothing defines the kind ${object.kind} of ${object.apiVersion}`;

/** GROUP/KIND of a CustomResourceDefinition. */
function definedBy({ kind, spec }: ApiObject): readonly string[] {
  if (kind !== 'CustomResourceDefinition') return [];
  const { group, names } = (spec ?? {}) as { group?: string; names?: { kind?: string } };
  return [`${group}/${names?.kind}`];
}
