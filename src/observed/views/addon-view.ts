import type { Kube } from '../../cluster/kube.js';
import { UnknownKind } from '../../cluster/resource-finder.js';
import { addonRecord, leftOver, marked } from '../../desired/objects/addon-marks.js';
import { Failure } from '../../failure.js';
import type { AddonObject } from '../../inventory/addons/addon.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { isBeingDeleted } from '../../kubernetes/conditions.js';
import { covers } from '../../kubernetes/covers.js';
import { identityOf } from '../../kubernetes/identity-of.js';

/** What the API told of one object of an addon. */
export type AddonSight =
  /** It is not there. */
  | { readonly is: 'absent' }
  /** It, or the namespace that it is in, is being deleted: it is as good as absent, and is made when that is gone. */
  | { readonly is: 'going'; readonly what: ApiObject }
  /** The API server does not know its kind. */
  | { readonly is: 'unknown' }
  /** It could not be asked about. */
  | { readonly is: 'unseen'; readonly said: string }
  | {
      readonly is: 'there';
      readonly observed: ApiObject;
      /** What applying would make of it, or why it would be refused; absent where a look tells that nothing would change. */
      readonly outcome?: { readonly object: ApiObject } | { readonly refused: string };
    };

/** What the API has of the addons' objects. */
export interface AddonsView {
  /** By identity. */
  readonly sights: ReadonlyMap<string, AddonSight>;
  readonly record: ApiObject | undefined;
  /** What the record names, the inventory no longer has, and is there. */
  readonly leftOver: readonly ApiObject[];
}

export const noAddonsYet: AddonsView = { sights: new Map(), record: undefined, leftOver: [] };

/**
 * Looks at every object of the addons, and asks the API server what applying would make of those that differ. Changes
 * nothing. @throws what reading the record throws
 */
export async function viewAddons(kube: Kube, wanted: readonly AddonObject[]): Promise<AddonsView> {
  const namespaceOf = namespaces(kube);
  const see = async (one: AddonObject) =>
    [identityOf(one.object), await seen(kube, one, namespaceOf)] as const;
  const [record, sights] = await Promise.all([kube.get(addonRecord), Promise.all(wanted.map(see))]);
  const old = leftOver(
    record,
    wanted.map(({ object }) => object),
  );
  const there = await Promise.all(old.map((object) => goneWithItsKind(kube.get(object))));
  return { sights: new Map(sights), record, leftOver: there.flatMap((object) => object ?? []) };
}

type NamespaceOf = (object: ApiObject) => Promise<ApiObject | undefined>;

/** Reads the namespace that an object names, each namespace once. */
function namespaces(kube: Kube): NamespaceOf {
  const asked = new Map<string, Promise<ApiObject | undefined>>();
  return async ({ metadata: { namespace: name } }) => {
    if (name === undefined) return undefined;
    const reading = asked.get(name) ?? kube.get({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    asked.set(name, reading);
    return reading;
  };
}

async function seen(kube: Kube, wanted: AddonObject, namespaceOf: NamespaceOf): Promise<AddonSight> {
  try {
    // What is in a namespace that goes is found as it was, until its turn comes.
    const [namespace, observed] = await Promise.all([namespaceOf(wanted.object), kube.get(wanted.object)]);
    const going = [namespace, observed].find((object) => object && isBeingDeleted(object));
    if (going !== undefined) return { is: 'going', what: going };
    if (observed === undefined) return { is: 'absent' };
    if (!needsForesight(wanted, observed)) return { is: 'there', observed };
    return { is: 'there', observed, outcome: await foreseen(kube, marked(wanted, observed)) };
  } catch (error) {
    if (error instanceof UnknownKind) return { is: 'unknown' };
    if (!(error instanceof Failure) || error.kind === 'connection-lost') throw error;
    return { is: 'unseen', said: error.message };
  }
}

const foreseen = (kube: Kube, object: ApiObject) =>
  kube.foresee(object).then(
    (then) => ({ object: then }),
    (error: unknown) => {
      if (!(error instanceof Failure) || error.kind === 'connection-lost') throw error;
      return { refused: error.said ?? error.message };
    },
  );

/** An object whose definition is gone is gone as well. */
const goneWithItsKind = (reading: Promise<ApiObject | undefined>): Promise<ApiObject | undefined> =>
  reading.catch((error: unknown) => {
    if (error instanceof UnknownKind) return undefined;
    throw error;
  });

/** True when a look alone does not tell whether applying would change something: the API server has to be asked. Pure. */
export const needsForesight = (wanted: AddonObject, observed: ApiObject): boolean =>
  !covers(observed, marked(wanted, observed));
