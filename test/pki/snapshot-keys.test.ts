import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bornRing, linkName } from '../../src/pki/encryption/ring.js';
import { type RingStore, ringStore } from '../../src/pki/store/ring-file.js';
import { requireSnapshotKeys } from '../../src/stories/encryption/require-snapshot-keys.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';

let directory: string;
let ring: RingStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'podstrap-snapshot-keys-'));
  ring = ringStore(directory);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] });
const snapshot = (...names: readonly string[]) => ({
  bytes: async function* () {
    for (const name of names) yield Buffer.from(`k8s:enc:${name.replace(' ', ':v1:')}:…`);
  },
});
const judge = (...names: readonly string[]) => requireSnapshotKeys({ inventory, ring }, snapshot(...names));

it('a snapshot whose keys the control planes have, or that names none, is restored', async () => {
  const key = ring.make('secretbox');
  await ring.save(bornRing(['secrets'], key));
  await judge();
  await judge(linkName(key));
});

it('a key that was dropped comes back behind the one that writes, and control planes get it first', async () => {
  const [old, now] = [ring.make('secretbox'), ring.make('aescbc')];
  await ring.save(bornRing(['secrets'], old));
  await ring.save({ ...bornRing(['secrets'], now), generation: 2 });
  await expect(judge(linkName(old), linkName(now))).rejects.toMatchObject({
    kind: 'refused',
    next: expect.stringContaining('podstrap up'),
  });
  expect(ring.load()).toMatchObject({ generation: 3 });
  expect(ring.load()!.chains['secrets']!.map(linkName)).toEqual([linkName(now), linkName(old), 'identity']);
  await judge(linkName(old));
});

it('a key that nobody has is named, and nothing changes', async () => {
  await ring.save(bornRing(['secrets'], ring.make('secretbox')));
  const before = ring.load();
  await expect(judge('secretbox kffffffffffff')).rejects.toMatchObject({
    kind: 'refused',
    said: expect.stringContaining('secretbox kffffffffffff'),
  });
  expect(linkName(ring.load()!.chains['secrets']![0]!)).toBe(linkName(before!.chains['secrets']![0]!));
  expect(ring.load()!.generation).toBe(1);
});
