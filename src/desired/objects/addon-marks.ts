import type { AddonObject } from '../../inventory/addons/addon.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { isBeingDeleted } from '../../kubernetes/conditions.js';
import { identityOf } from '../../kubernetes/identity-of.js';
import { digestOf } from '../../secrets/digest.js';
import { sorted } from '../canonical-yaml.js';

/** On an object that podstrap made for an addon: the addon's name. What was there before podstrap has none. */
export const madeForAnnotation = 'podstrap.io/addon';
/** On every object of an addon: which manifest was applied last, so that a field that left it is noticed. */
export const manifestAnnotation = 'podstrap.io/manifest';

type Texts = Readonly<Record<string, string>>;

const annotationsOf = ({ metadata }: ApiObject): Texts => (metadata['annotations'] ?? {}) as Texts;

/** True when podstrap made it for an addon, so that it may remove it. */
export const isMadeForAddon = (observed: ApiObject): boolean => madeForAnnotation in annotationsOf(observed);

/** True when it is about to go, or when its owner wants it to stay whatever the inventory says. */
export const isLeftAlone = (observed: ApiObject): boolean =>
  isBeingDeleted(observed) || annotationsOf(observed)['podstrap.io/prune'] === 'disabled';

/** An addon's object as it is applied, with podstrap's marks. Pure. */
export function marked({ addon, object }: AddonObject, observed: ApiObject | undefined): ApiObject {
  const isOurs = observed === undefined || isMadeForAddon(observed);
  const annotations = {
    ...annotationsOf(object),
    ...(isOurs ? { [madeForAnnotation]: addon } : {}),
    [manifestAnnotation]: digestOf(JSON.stringify(sorted(object))).slice(0, 16),
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Where podstrap remembers what it applied of addons, so that it finds what left the inventory. */
export const addonRecord: ApiObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'podstrap-addons', namespace: 'kube-system' },
};

/** The record of these objects. Pure. */
export const recordOf = (objects: readonly ApiObject[]): ApiObject => ({
  ...addonRecord,
  data: { objects: [...new Set(objects.map(lineOf))].sort().join('\n') },
});

const lineOf = ({ apiVersion, kind, metadata }: ApiObject): string =>
  [apiVersion, kind, metadata.namespace ?? '-', metadata.name].join(' ');

/** The names of the objects that a record holds; what is no line of one is passed over. Pure. */
export function recordedIn(record: ApiObject | undefined): readonly ApiObject[] {
  const { objects = '' } = (record?.['data'] ?? {}) as { objects?: string };
  return objects.split('\n').flatMap((line): ApiObject[] => {
    const [apiVersion, kind, namespace, name, ...more] = line.split(' ');
    if (!apiVersion || !kind || !namespace || !name || more.length > 0) return [];
    return [{ apiVersion, kind, metadata: { name, ...(namespace === '-' ? {} : { namespace }) } }];
  });
}

/** Those of a record that are wanted no more. Pure. */
export function leftOver(record: ApiObject | undefined, wanted: readonly ApiObject[]): readonly ApiObject[] {
  const still = new Set(wanted.map(identityOf));
  return recordedIn(record).filter((object) => !still.has(identityOf(object)));
}
