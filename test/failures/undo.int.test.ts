import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writtenFiles } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(3);
  await world.converge();
});
afterAll(() => world.close());

const hosts = ['cp-1', 'cp-2', 'cp-3'];
const badFlag = (spec: Spec) => {
  spec.apiServer = { extraArgs: [{ name: 'audit-log-path', value: '-' }] };
  spec.kubelet = { config: { maxPods: 77 } };
};
const apiServer = (host: string): string =>
  readFileSync(join(world.site.host(host).root, '/etc/kubernetes/manifests/kube-apiserver.yaml'), 'utf8');

const files = () => writtenFiles(world.site);

it('a flag that only the second node refuses: both are as before, byte for byte, and the report says all of it', async () => {
  const before = await files();
  const [, second] = [...hosts];
  for (const host of hosts) if (host !== 'cp-1') world.site.faults(host).unknownFlag('audit-log-path');
  const back = await world.edit(badFlag);
  const ended = await world.up();
  expectEnd(
    ended,
    1,
    '-- what was changed',
    '--audit-log-path=-',
    '-- kubelet: last lines of its journal',
    '-- kube-apiserver: last lines of its container',
    '-- how the nodes stand now',
    /cp-\d: put back as it was before, and healthy/,
    '→ The cluster is as it was before.',
  );
  expect(second).toBe('cp-2');
  expect(await files()).toEqual(before);
  for (const host of hosts) world.site.faults(host).clear();
  await back();
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
});

it('--no-rollback keeps the wreck for study; the next up that fails still leads back to what was healthy', async () => {
  const before = await files();
  for (const host of hosts) world.site.faults(host).unknownFlag('audit-log-path');
  const back = await world.edit(badFlag);
  expectEnd(
    await world.podstrap(['up', '--yes', '--no-rollback']),
    1,
    'left as it is, because of --no-rollback',
  );
  expect(hosts.filter((host) => apiServer(host).includes('audit-log-path'))).toHaveLength(1);
  expectEnd(await world.up(), 1, 'put back as it was before, and healthy');
  expect(await files()).toEqual(before);
  for (const host of hosts) world.site.faults(host).clear();
  await back();
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
});

it('killed while it puts back, up finishes', async () => {
  for (const host of hosts) world.site.faults(host).unknownFlag('audit-log-path');
  const back = await world.edit(badFlag);
  let killed = false;
  const ended = await world.podstrap(['up', '--yes', '--verbose'], {
    onStart: (child) =>
      child.stderr?.on('data', (text: string) => {
        if (!killed && text.includes('putting back')) killed = child.kill('SIGKILL');
      }),
  });
  expectEnd(ended, 137);
  for (const host of hosts) world.site.faults(host).clear();
  await back();
  await world.converge();
});

it('a host that is lost while it is put back: the report says how each node stands, and up goes on later', async () => {
  for (const host of hosts) world.site.faults(host).unknownFlag('audit-log-path');
  const back = await world.edit(badFlag);
  let lost: string | undefined;
  const ended = await world.podstrap(['up', '--yes', '--verbose'], {
    onStart: (child) =>
      child.stderr?.on('data', (text: string) => {
        const host = /(cp-\d): putting back/.exec(text)?.[1];
        if (lost !== undefined || host === undefined) return;
        lost = host;
        void world.site.powerCut(host);
      }),
  });
  expectEnd(ended, 1, '-- how the nodes stand now', `${lost}: could not be put back`);
  for (const host of hosts) world.site.faults(host).clear();
  await world.site.powerOn(lost!);
  await back();
  await world.converge();
});

it('a node whose bootstrap was never noted as finished is not emptied by an undoing', async () => {
  const before = await files();
  const folder = (host: string): string => join(world.site.host(host).root, '/var/lib/podstrap');
  // What a bootstrap leaves whose operator died between its gates and its last note: nothing of it was there before.
  const begun = Object.keys(before)
    .filter(
      (path) =>
        path.startsWith('cp-1:/etc/kubernetes/') || path === 'cp-1:/etc/systemd/system/kubelet.service',
    )
    .filter((path) => !before[path]!.startsWith('directory'))
    .map((path) => `- - - c:${path.slice('cp-1:'.length)}\n`);
  writeFileSync(join(folder('cp-1'), 'replaced'), begun.join(''));
  for (const host of hosts) world.site.faults(host).unknownFlag('audit-log-path');
  const back = await world.edit(badFlag);
  expectEnd(await world.up(), 1, '-- how the nodes stand now');
  const names = new Set(Object.keys(await files()));
  expect(Object.keys(before).filter((path) => !names.has(path))).toEqual([]);
  for (const host of hosts) world.site.faults(host).clear();
  await back();
  await world.converge();
});

const of = (host: string, all: Readonly<Record<string, string>>) =>
  Object.entries(all).filter(([path]) => path.startsWith(`${host}:`));

describe('of two workers', () => {
  let small: World;
  beforeAll(async () => {
    const timeouts = { watchAfterChange: '0s', kubeletHealthCheck: '15s' };
    small = await startWorld(1, 2, { spec: { timeouts } });
    await small.converge();
  });
  afterAll(() => small.close());

  it('one whose kubelet does not start goes back alone, and the others keep what they were given', async () => {
    const before = await writtenFiles(small.site);
    const back = await small.edit((spec) => {
      spec.kubelet = { config: { maxPods: 77 } };
      const host = (spec.hosts as Spec[]).find(({ name }) => name === 'w-1')!;
      host.kubelet = { extraArgs: [{ name: 'no-such-flag', value: 'x' }] };
    });
    expectEnd(
      await small.up(),
      1,
      '-- what was changed',
      'no-such-flag',
      'w-1: put back as it was before, and healthy',
      '→ That worker is as it was before, control planes are done.',
    );
    const after = await writtenFiles(small.site);
    expect(of('w-1', after)).toEqual(of('w-1', before));
    for (const host of ['cp-1', 'w-2']) expect(of(host, after)).not.toEqual(of(host, before));
    await back();
    await small.converge();
    expect(await writtenFiles(small.site)).toEqual(before);
  });
});
