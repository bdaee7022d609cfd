import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CisReport } from '../../src/check/cis/check-cis.js';
import { hardeningPlaces } from '../../src/desired/hardening/places.js';
import { paths } from '../../src/host/paths.js';
import { birthRows } from '../../src/inventory/hardening/rows.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(3, 1);
  await world.converge();
});
afterAll(() => world.close());

const read = (host: string, path: string): string =>
  readFileSync(join(world.site.host(host).root, path), 'utf8');
const manifest = (host: string) => read(host, `${paths.manifests}/kube-apiserver.yaml`);
const nothingToDo = async () => expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);

it('a new cluster notes what it was made with, with the operator and on every host', () => {
  const own = JSON.parse(readFileSync(join(world.state, 'cluster.json'), 'utf8')) as { defaults: string[] };
  expect(own.defaults).toEqual(birthRows);
  for (const host of ['cp-1', 'cp-2', 'cp-3', 'w-1'])
    expect((JSON.parse(read(host, paths.clusterRecord)) as { defaults: string[] }).defaults).toEqual(
      birthRows,
    );
  expect(manifest('cp-1')).toContain('--profiling=false');
  expect(read('cp-1', hardeningPlaces.authentication)).toContain('path: /readyz');
});

it('a profile reaches a live cluster in turns, files before the flags that name them, and leaves it again', async () => {
  const undo = await world.edit((spec: Spec) => {
    spec.profile = 'cis';
  });
  expectEnd(await world.up(), 0);
  await nothingToDo();
  for (const host of ['cp-1', 'cp-2', 'cp-3']) {
    expect(manifest(host)).toContain(`--audit-policy-file=${hardeningPlaces.auditPolicy}`);
    expect(read(host, hardeningPlaces.admission)).toContain('EventRateLimit');
  }
  expect(read('w-1', paths.kubeletConfig)).toContain('seccompDefault: true');
  const report = JSON.parse((await world.podstrap(['check', '--cis', '-o', 'json'])).stdout) as CisReport;
  const failed = report.results.filter(({ result }) => result === 'fail');
  expect(failed.map(({ id, node }) => `${id} ${node}`)).toEqual([]);
  expect(report.unasked).toEqual([]);
  await undo();
  expectEnd(await world.up(), 0);
  await nothingToDo();
  expect(manifest('cp-2')).not.toContain('audit');
});

it('what is no longer named goes back to what the cluster was made with, and no further', async () => {
  const undo = await world.edit((spec: Spec) => {
    spec.hardening = { profiling: false };
    spec.authentication = { anonymous: 'all' };
  });
  expectEnd(await world.up(), 0);
  expect(manifest('cp-1')).not.toMatch(/profiling|authentication-config/);
  await undo();
  expectEnd(await world.up(), 0);
  expect(manifest('cp-1')).toMatch(/profiling=false/);
  await nothingToDo();
});

it('a cluster without the note keeps what it has: nothing of a new podstrap’s defaults', async () => {
  // Who did what outlives the cluster.
  const log = join(world.site.host('cp-1').root, hardeningPlaces.auditLog);
  writeFileSync(log, '{}\n');
  expectEnd(
    await world.podstrap(['reset', '--all', '--yes']),
    0,
    `${hardeningPlaces.auditFolder}, the audit log`,
  );
  rmSync(log);
  // As an earlier podstrap makes one: none of the rows, and none noted.
  const off = await world.edit((spec: Spec) => {
    spec.hardening = { profiling: false, privateFiles: false };
    spec.authentication = { anonymous: 'all' };
  });
  await world.converge();
  const forget = (file: string) => {
    const { defaults: _, ...record } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
  };
  forget(join(world.state, 'cluster.json'));
  for (const host of ['cp-1', 'cp-2', 'cp-3', 'w-1'])
    forget(join(world.site.host(host).root, paths.clusterRecord));
  await off();
  await nothingToDo();
});
