import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bundleArtifacts, openBundle } from '../../src/bundle/file/open-bundle.js';
import { writeBundle } from '../../src/bundle/file/write-bundle.js';
import { bytesOf, inventoryWith, readBlob, scratch, world } from './world.js';

const extraImages = ['ghcr.io/example/network:v1.2.3'];
const extraFiles = [
  { source: 'network.yaml', path: '/etc/example/network.yaml' },
  { source: 'probe', path: '/usr/local/bin/probe', mode: '0755', arch: 'amd64' },
];

async function site() {
  const made = await world({
    spec: { artifacts: { extraImages, extraFiles } },
    registries: ['ghcr.io'],
  });
  await writeFile(join(made.inventory.directory, 'network.yaml'), 'kind: List\n');
  await writeFile(join(made.inventory.directory, 'probe'), '#!/bin/sh\n');
  return made;
}

test('files and images of the user’s own are carried, each for the architectures it is for', async () => {
  const { resolve, inventory } = await site();
  const { list, place } = await resolve({ archs: ['amd64', 'arm64'] });
  const extra = list.filter((one) => one.kind === 'binary' && one.version === 'extra');
  expect(extra).toMatchObject([
    { name: 'network.yaml', arch: 'amd64', path: '/etc/example/network.yaml', mode: 0o644, size: 11 },
    { name: 'probe', arch: 'amd64', path: '/usr/local/bin/probe', mode: 0o755, size: 10 },
    { name: 'network.yaml', arch: 'arm64', path: '/etc/example/network.yaml', mode: 0o644, size: 11 },
  ]);
  expect(list.filter((one) => one.kind === 'image' && one.ref === extraImages[0]).length).toBe(2);
  const out = join(await scratch(), 'b.tar');
  await writeBundle({ list, place }, { out, created: 0 });
  const carried = bundleArtifacts(await openBundle(out), inventory, ['amd64', 'arm64']);
  expect(carried.list.length).toBe(list.length);
  const file = carried.list.find((one) => one.kind === 'binary' && one.name === 'network.yaml')!;
  expect((await bytesOf(readBlob(file as never, carried))).toString()).toBe('kind: List\n');
});

test('where a carried file goes is for the inventory to say that is used', async () => {
  const { resolve } = await site();
  const out = join(await scratch(), 'b.tar');
  await writeBundle(await resolve(), { out, created: 0 });
  const moved = [{ source: 'network.yaml', path: '/srv/network.yaml', mode: '0600' }];
  const bundle = await openBundle(out);
  const { list } = bundleArtifacts(bundle, inventoryWith({ artifacts: { extraFiles: moved } }), ['amd64']);
  expect(list.filter((one) => one.kind === 'binary' && one.version === 'extra')).toMatchObject([
    { path: '/srv/network.yaml', mode: 0o600 },
  ]);
});

describe('a file that is not for everybody', () => {
  const mode = async (file: string) => (await stat(file)).mode & 0o777;
  const umask = process.umask(0o022);
  afterAll(() => process.umask(umask));
  const rows: readonly (readonly [string, number, string, boolean])[] = [
    ['here', 0o600, '0644', true],
    ['on hosts', 0o644, '0600', true],
    ['for a group alone', 0o640, '0644', true],
    ['in neither place, is for everybody', 0o644, '0644', false],
  ];

  test.each(rows)('%s', async (_where, here, there, isPrivate) => {
    const token = { source: 'token', path: '/etc/example/token', mode: there };
    const { resolve, inventory } = await world({ spec: { artifacts: { extraFiles: [token] } } });
    const source = join(inventory.directory, 'token');
    await writeFile(source, 'secret\n');
    await chmod(source, here);
    const artifacts = await resolve();
    const { sha256 } = artifacts.list.find((one) => one.kind === 'binary' && one.name === 'token') as {
      sha256: string;
    };
    const blob = artifacts.place(sha256).file;
    const out = join(await scratch(), 'b.tar');
    await writeBundle(artifacts, { out, created: 0 });
    expect([await mode(blob), await mode(out)]).toEqual(isPrivate ? [0o600, 0o600] : [0o644, 0o644]);
    // The copy in a cache that an earlier podstrap filled.
    await chmod(blob, 0o644);
    await resolve();
    expect(await mode(blob)).toBe(isPrivate ? 0o600 : 0o644);
  });

  test('makes the bundle private that is made from the one it travels in', async () => {
    const token = { source: 'token', path: '/etc/example/token' };
    const { resolve, inventory } = await world({ spec: { artifacts: { extraFiles: [token] } } });
    const source = join(inventory.directory, 'token');
    await writeFile(source, 'secret\n');
    await chmod(source, 0o600);
    const folder = await scratch();
    const [first, second] = [join(folder, 'a.tar'), join(folder, 'b.tar')];
    await writeBundle(await resolve(), { out: first, created: 0 });
    const carried = bundleArtifacts(await openBundle(first), inventory, ['amd64']);
    await writeBundle(carried, { out: second, created: 0 });
    expect([await mode(first), await mode(second)]).toEqual([0o600, 0o600]);
  });
});

test('a file that changed is taken anew; one that did not is not copied again', async () => {
  const { resolve, inventory, cacheDirectory } = await site();
  const digestOf = async () =>
    (await resolve()).list.find((one) => one.kind === 'binary' && one.name === 'probe');
  const first = await digestOf();
  const blobs = () => readdir(join(cacheDirectory, 'blobs', 'sha256'));
  const before = await blobs();
  expect(await digestOf()).toEqual(first);
  expect(await blobs()).toEqual(before);
  await writeFile(join(inventory.directory, 'probe'), '#!/bin/sh -e\n');
  expect(await digestOf()).not.toEqual(first);
});

test('a file that is not there is named', async () => {
  const { resolve } = await world({ spec: { artifacts: { extraFiles } } });
  await expect(resolve()).rejects.toMatchObject({
    failures: [
      { said: expect.stringMatching(/ENOENT.*network\.yaml/) },
      { said: expect.stringMatching(/ENOENT.*probe/) },
    ],
  });
});
