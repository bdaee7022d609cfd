import { objectName } from '../../cluster/kube.js';
import { plainYaml } from '../../desired/canonical-yaml.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { isBeingDeleted } from '../../kubernetes/conditions.js';
import { covers } from '../../kubernetes/covers.js';
import { digestOf } from '../../secrets/digest.js';
import type { Step } from '../step.js';
import { objectDiff } from './diff-file.js';
import { withTaints } from './node-taints.js';
import { givesUp, isApplied, ownedMetadata, withGivenUp } from './owned-fields.js';
import { sideBySide } from './side-by-side.js';

/** True for a node of which only the name is given. Of other kinds that is a wish: a namespace has no more. */
const isNodeWithoutWish = ({ apiVersion: _version, kind, metadata, ...rest }: ApiObject): boolean =>
  kind === 'Node' &&
  Object.keys(rest).length === 0 &&
  Object.keys(metadata).every((field) => field === 'name');

/** What has to change about one API object: what is wanted and not there, and what podstrap set there and no longer wants. */
export function diffObject(asked: ApiObject, found: ApiObject | undefined): Step[] {
  const observed = found && isBeingDeleted(found) ? undefined : found;
  const wanted = observed === undefined ? asked : withTaints(asked, observed);
  const object = objectName(wanted);
  const base = { host: '', phase: 'cluster' } as const;
  // A node without any wish is not made for it: its kubelet does that.
  if (observed === undefined && isNodeWithoutWish(wanted)) return [];
  if (observed === undefined)
    return [
      {
        ...base,
        action: { do: 'apply-object', object, create: true },
        reason: found ? 'it is being deleted' : 'it is not there',
      },
    ];
  const owned = ownedMetadata(observed);
  if (covers(observed, wanted) && !givesUp(wanted, owned)) return [];
  const now = plainYaml(sideBySide(observed, withGivenUp(wanted, owned)).before);
  const diff = objectDiff(object, now, plainYaml(sideBySide(observed, wanted).after));
  const action = { do: 'apply-object', object, create: false } as const;
  return [{ ...base, action, reason: 'its fields differ', replaces: digestOf(now), diff }];
}

/** What is to go of an object that the inventory switches off: one that podstrap applied. */
export const withdraw = (observed: ApiObject | undefined): Step[] =>
  observed === undefined || isBeingDeleted(observed) || !isApplied(observed)
    ? []
    : [
        {
          host: '',
          phase: 'cluster',
          action: { do: 'remove-object', object: objectName(observed) },
          reason: 'the inventory switches it off',
          replaces: digestOf(String(observed.metadata['uid'])),
        },
      ];
