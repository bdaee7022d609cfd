import { expect, test } from 'vitest';
import { ApiUnavailable, objectName } from '../../src/cluster/kube.js';
import { addonRecord, marked } from '../../src/desired/objects/addon-marks.js';
import type { AddonObject } from '../../src/inventory/addons/addon.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { identityOf } from '../../src/kubernetes/identity-of.js';
import { viewAddons } from '../../src/observed/views/addon-view.js';
import { fakeKube } from '../cluster/fake-kube.js';

const object = (kind: string, name: string, namespace?: string): ApiObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});
const ofShop = (one: ApiObject): AddonObject => ({ addon: 'shop', place: 'shop.yaml:1', object: one });
const stored = (one: ApiObject, more: object = {}): ApiObject => {
  const { metadata, ...rest } = marked(ofShop(one), undefined);
  return { ...rest, metadata: { ...metadata, ...more } } as ApiObject;
};
const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };

/** What is seen of each object where these are stored, in the order asked for, and what the API server was asked for. */
async function view(wanted: readonly ApiObject[], there: readonly ApiObject[], silentOn = '') {
  const asked: string[] = [];
  const kube = fakeKube({
    get: async (one) => {
      const name = objectName(one);
      asked.push(name);
      if (name === silentOn) throw new ApiUnavailable({ kind: 'gate', doing: 'Reading', said: 'HTTP 503' });
      return there.find((other) => objectName(other) === name);
    },
  });
  const { sights } = await viewAddons(kube, wanted.map(ofShop));
  return { sights: wanted.map((one) => sights.get(identityOf(one))), asked };
}

const namespace = object('Namespace', 'shop');
const settings = object('ConfigMap', 'settings', 'shop');
const word = object('Secret', 'word', 'shop');

test('an object that is as wanted is there, and one that nobody made is absent', async () => {
  const { sights, asked } = await view([settings, word], [stored(namespace), stored(settings)]);
  expect(sights).toEqual([{ is: 'there', observed: stored(settings) }, { is: 'absent' }]);
  expect(asked.sort()).toEqual(
    [objectName(addonRecord), 'ConfigMap shop/settings', 'Namespace shop', 'Secret shop/word'].sort(),
  );
});

test('all of a namespace that is being deleted is going with it, what is still there and what is not', async () => {
  const what = stored(namespace, going);
  const { sights } = await view([namespace, settings, word], [what, stored(settings)]);
  expect(sights).toEqual([
    { is: 'going', what },
    { is: 'going', what },
    { is: 'going', what },
  ]);
});

test('an object that is being deleted goes alone', async () => {
  const what = stored(settings, going);
  const { sights } = await view([settings, word], [stored(namespace), what, stored(word)]);
  expect(sights).toEqual([
    { is: 'going', what },
    { is: 'there', observed: stored(word) },
  ]);
});

test('what is in a namespace that cannot be asked about is unseen', async () => {
  const { sights } = await view([namespace, settings], [stored(settings)], 'Namespace shop');
  expect(sights).toEqual([
    { is: 'unseen', said: 'Reading: HTTP 503' },
    { is: 'unseen', said: 'Reading: HTTP 503' },
  ]);
});
