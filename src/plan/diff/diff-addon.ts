import { objectName } from '../../cluster/kube.js';
import { plainYaml, sorted } from '../../desired/canonical-yaml.js';
import {
  addonRecord,
  isLeftAlone,
  isMadeForAddon,
  manifestAnnotation,
  marked,
  recordOf,
} from '../../desired/objects/addon-marks.js';
import { isSecretObject } from '../../desired/objects/is-secret-object.js';
import type { AddonObject } from '../../inventory/addons/addon.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { covers } from '../../kubernetes/covers.js';
import type { AddonSight } from '../../observed/views/addon-view.js';
import { digestOf } from '../../secrets/digest.js';
import type { Step } from '../step.js';
import { objectDiff } from './diff-file.js';
import { sideBySide } from './side-by-side.js';

const base = { host: '', phase: 'addons' } as const;

/** What has to change about one object of an addon. Pure. */
export function diffAddon(wanted: AddonObject, sight: AddonSight): Step[] {
  const { addon, object } = wanted;
  const name = objectName(object);
  if (sight.is === 'unseen') return [];
  if (sight.is !== 'there')
    return [
      {
        ...base,
        action: { do: 'apply-object', object: name, create: true },
        reason: `addon ${addon}${madeOnce(sight)}`,
      },
    ];
  const { observed, outcome } = sight;
  if (outcome === undefined) return [];
  const action = { do: 'apply-object', object: name, create: false } as const;
  if ('refused' in outcome)
    return [
      changed(
        wanted,
        action,
        observed,
        marked(wanted, observed),
        `the API server would refuse it: ${outcome.refused}`,
      ),
    ];
  if (
    covers(significant(outcome.object), significant(observed)) &&
    covers(significant(observed), significant(outcome.object))
  )
    return [];
  return [changed(wanted, action, observed, outcome.object)];
}

function madeOnce(sight: AddonSight): string {
  if (sight.is === 'going') return `, once ${objectName(sight.what)} is gone, which is being deleted`;
  return sight.is === 'unknown' ? ', once its kind is defined' : '';
}

function changed(
  { addon, object }: AddonObject,
  action: Step['action'],
  observed: ApiObject,
  then: ApiObject,
  said?: string,
): Step {
  const isPart = then.metadata['uid'] === undefined;
  const now = significant(observed);
  // Whole objects are both the API server's, which need not keep one order.
  const both = isPart ? sideBySide(now, then) : { before: sorted(now), after: sorted(significant(then)) };
  const [before, after] = [both.before, both.after].map(shown);
  const reason = [`addon ${addon}: its fields differ`, ...(said === undefined ? [] : [said])].join('; ');
  // A digest of a password could be guessed.
  const { uid, resourceVersion } = observed.metadata;
  if (isSecretObject(object))
    return {
      ...base,
      action,
      reason: `${reason} (not shown: it is a Secret)`,
      replaces: digestOf(`${uid} ${resourceVersion}`),
    };
  const name = objectName(object);
  return {
    ...base,
    action,
    reason,
    replaces: digestOf(before!),
    diff: objectDiff(name, before!, after!),
  };
}

/** What the API server keeps about an object that is no part of what anybody wants. */
const kept = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid', 'selfLink'];

function significant({ status: _, ...object }: ApiObject): ApiObject {
  const metadata = Object.fromEntries(
    Object.entries(object.metadata as ApiObject['metadata']).filter(([field]) => !kept.includes(field)),
  );
  return { ...object, metadata } as ApiObject;
}

/** For people: without the digest of the manifest, which says nothing to them. */
function shown(object: unknown): string {
  const { metadata, ...rest } = object as ApiObject;
  const { annotations, ...named } = metadata as { annotations?: Record<string, string> };
  const { [manifestAnnotation]: _, ...texts } = annotations ?? {};
  return plainYaml({
    ...rest,
    metadata: { ...named, ...(Object.keys(texts).length === 0 ? {} : { annotations: texts }) },
  });
}

/** What is to go of an addon's objects that left the inventory, seen as `observed`. Pure. */
export const pruneAddon = (observed: ApiObject | undefined): Step[] =>
  observed === undefined || isLeftAlone(observed) || !isMadeForAddon(observed)
    ? []
    : [
        {
          ...base,
          action: { do: 'remove-object', object: objectName(observed) },
          reason: `it was taken off spec.addons${contents[observed.kind] ?? ''}`,
          replaces: digestOf(String(observed.metadata['uid'])),
        },
      ];

/** What goes with an object. */
const contents: Readonly<Record<string, string>> = {
  Namespace: '; everything in it goes with it',
  CustomResourceDefinition: '; every object of its kind goes with it',
};

/** What has to change about the record of applied objects; none of either means that none is needed. Pure. */
export function diffRecord(wanted: readonly ApiObject[], observed: ApiObject | undefined): Step[] {
  const object = objectName(addonRecord);
  const next = recordOf(wanted);
  if (wanted.length === 0)
    return observed === undefined
      ? []
      : [{ ...base, action: { do: 'remove-object', object }, reason: 'no object of an addon is left' }];
  const because = 'it tells which objects are addons’';
  if (observed === undefined)
    return [{ ...base, action: { do: 'apply-object', object, create: true }, reason: because }];
  if (covers(observed, next)) return [];
  const both = sideBySide(observed, next);
  const now = plainYaml(both.before);
  const action = { do: 'apply-object', object, create: false } as const;
  return [
    {
      ...base,
      action,
      reason: because,
      replaces: digestOf(now),
      diff: objectDiff(object, now, plainYaml(both.after)),
    },
  ];
}
