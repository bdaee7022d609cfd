import { describe, expect, test } from 'vitest';
import { etcdHasFeatureGates } from '../../src/desired/images.js';
import { Failure } from '../../src/failure.js';
import { isSupported, release, supportedMinors } from '../../src/kubernetes/versions.js';
import { controlPlane, inventoryOf } from './inventory-of.js';

test.each([
  ['v1.34.0', '3.6.4-0', 'v1.12.1', '3.10.1'],
  ['v1.34.1', '3.6.4-0', 'v1.12.1', '3.10.1'],
  ['v1.34.2', '3.6.5-0', 'v1.12.1', '3.10.1'],
  ['v1.35.0', '3.6.6-0', 'v1.13.1', '3.10.1'],
  ['v1.36.3', '3.6.11-0', 'v1.14.2', '3.10.2'],
  ['v1.37.1', '3.7.0-0', 'v1.14.6', '3.10.2'],
])('%s comes with etcd %s, CoreDNS %s and pause %s', (version, etcd, coredns, pause) => {
  expect(release(version).tags).toEqual({ etcd, coredns, pause });
});

test('a patch release that is newer than the table is like the newest one known', () => {
  expect(release('v1.34.99').tags).toEqual(release('v1.34.2').tags);
});

test('four minors are supported', () => {
  expect(supportedMinors).toEqual([34, 35, 36, 37]);
});

test.each(['v1.33.0', 'v1.38.0', '1.36.3', 'v1.36', 'v2.36.0', 'latest'])(
  '%s is not supported',
  (version) => {
    expect(isSupported(version)).toBe(false);
    expect(() => release(version)).toThrow(Failure);
  },
);

describe('etcd’s feature gates', () => {
  test.each([
    ['3.5.24-0', false],
    ['v3.5.9', false],
    ['3.6.0-0', true],
    ['3.7.0-0', true],
    ['4.0.0', true],
    ['our-own-build', true],
  ])('with an image tagged %s: %s', (imageTag, gates) => {
    const inventory = inventoryOf({
      kubernetesVersion: 'v1.36.3',
      hosts: [controlPlane(1)],
      etcd: { local: { imageTag } },
    });
    expect(etcdHasFeatureGates(inventory)).toBe(gates);
  });
});
