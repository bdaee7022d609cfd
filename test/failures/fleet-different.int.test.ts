import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { release } from '../../src/kubernetes/versions.js';
import { startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(0, 0, { standalone: 4, spec: { rollout: { minHealthyTime: '0s' } } });
});
afterAll(() => world.close());

const image = `registry.k8s.io/pause:${release('v1.36.3').tags.pause}`;
const manifests = async (host: string) =>
  (await readdir(join(world.site.host(host).root, 'etc/kubernetes/manifests'))).sort();

test('hosts may have different pods, and different files for them', async () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'own', image }] } };
  await writeFile(join(world.directory, 'own.yaml'), dump(pod));
  await writeFile(join(world.directory, 'own.conf'), 'till {{values.till}}\n');
  const own = (name: string, ...names: readonly string[]) => ({
    name,
    manifest: 'own.yaml',
    hosts: { names },
    files: [{ source: 'own.conf', path: '/etc/own/own.conf', template: true }],
  });
  const restore = await world.edit((spec) => {
    for (const [index, host] of spec.hosts.entries()) host.values = { till: index };
    spec.staticPods = [own('some', 'shop-2', 'shop-3'), own('last', 'shop-4')];
  });
  await world.converge();
  expect(await Promise.all(['shop-1', 'shop-2', 'shop-3', 'shop-4'].map(manifests))).toEqual([
    [],
    ['some.yaml'],
    ['some.yaml'],
    ['last.yaml'],
  ]);
  await restore();
  await world.converge();
  expect(await manifests('shop-3')).toEqual([]);
});
