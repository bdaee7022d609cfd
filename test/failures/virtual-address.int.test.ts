import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

const planes = ['cp-1', 'cp-2', 'cp-3'];
const address = '10.20.0.240';
const manifest = `${paths.manifests}/kube-vip.yaml`;

let world: World;
beforeAll(async () => {
  const spec = { virtualAddress: { address }, controlPlaneEndpoint: undefined };
  world = await startWorld(3, 0, { spec, alsoServe: [{ virtualAddress: { address, imageTag: 'v1.1.2' } }] });
});
afterAll(() => world?.close());

const at = (host: string, path: string): string => join(world.site.host(host).root, path);
const holders = (): string[] => planes.filter((host) => existsSync(at(host, '/run/practice/taken')));
const status = async () => JSON.parse((await world.podstrap(['status', '-o', 'json'])).stdout);
const server = (file: string): string => /server: "?(\S+?)"?\n/.exec(readFileSync(file, 'utf8'))![1]!;

it('is refused where somebody else answers there, before anything is touched', async () => {
  const end = world.site.faults('cp-2').stranger(address);
  expectEnd(await world.up(), 1, `${address} is answered by 02:00:5e:00:53:01`, 'cp-2');
  expect(planes.filter((host) => existsSync(at(host, '/etc/kubernetes')))).toEqual([]);
  end();
});

it('is held by one control plane at the end of the first bootstrap', async () => {
  await world.converge();
  expect(holders()).toHaveLength(1);
  expect(await status()).toMatchObject({
    healthy: true,
    virtualAddress: { address, holders: holders() },
  });
  expectEnd(await world.podstrap(['status']), 0, `${address}  held by ${holders()[0]}`);
});

it('is what kubeconfigs name, but for those of the hosts themselves', async () => {
  const { stdout } = await world.podstrap(['kubeconfig']);
  expect(server(resolve(world.directory, stdout.trim()))).toBe(`https://${address}:6443`);
  expect(server(at('cp-1', '/etc/kubernetes/admin.conf'))).toBe(`https://${address}:6443`);
  expect(server(at('cp-1', '/etc/kubernetes/kube-vip.conf'))).not.toContain(address);
});

it('goes to another control plane when its holder loses power', async () => {
  const [lost] = holders() as [string];
  await world.site.powerCut(lost);
  await expect.poll(() => holders().filter((host) => host !== lost), { timeout: 30_000 }).toHaveLength(1);
  await world.site.powerOn(lost);
  await world.converge();
  expect(holders()).toHaveLength(1);
});

it('what somebody did to its pod is drift, and mended', async () => {
  const wanted = readFileSync(at('cp-1', manifest), 'utf8');
  writeFileSync(at('cp-1', manifest), wanted.replace(address, '10.20.0.241'));
  expectEnd(await world.podstrap(['plan']), 0, /switch static pod kube-vip {2}\(edited on the host\)/);
  await world.converge();
  expect(readFileSync(at('cp-1', manifest), 'utf8')).toBe(wanted);
  expect(holders()).toHaveLength(1);
});

it('another image goes round one node at a time, and one of them has the address in the end', async () => {
  await world.edit((spec) => {
    spec.virtualAddress.imageTag = 'v1.1.2';
  });
  const { stdout } = await world.podstrap(['plan']);
  expect(stdout).toContain('spec.virtualAddress.imageTag');
  const ended = await world.up();
  expectEnd(ended, 0);
  const turns = [...`${ended.stdout}${ended.stderr}`.matchAll(/(cp-\d).*switching kube-vip/g)].map(
    ([, host]) => host,
  );
  expect(turns.sort()).toEqual(planes);
  expect(holders()).toHaveLength(1);
  await world.converge();
});

it('a pod that does not come up is put back as it was', async () => {
  const before = readFileSync(at('cp-1', manifest), 'utf8');
  const undo = await world.edit((spec) => {
    spec.virtualAddress.interface = 'eth9';
    spec.timeouts.controlPlaneComponentHealthCheck = '4s';
  });
  expectEnd(await world.up(), 1, 'it has no interface eth9; it has lo, eth0');
  await undo();
  const end = world.site.faults('cp-1').occupyPort(2113, 'nginx');
  const back = await world.edit((spec) => {
    spec.virtualAddress.metricsPort = 2113;
    spec.timeouts.controlPlaneComponentHealthCheck = '4s';
  });
  expectEnd(await world.up(), 1, /kube-vip: /, 'cp-1: put back as it was before, and healthy');
  expect(readFileSync(at('cp-1', manifest), 'utf8')).toBe(before);
  end();
  await back();
  await world.converge();
  expect(holders()).toHaveLength(1);
});

it('switched off it is gone from hosts, interfaces and the API, and the endpoint is a control plane’s', async () => {
  await world.edit((spec: Spec) => {
    delete spec.virtualAddress;
  });
  expectEnd(
    await world.podstrap(['plan']),
    0,
    `remove ${manifest}`,
    `remove /etc/kubernetes/kube-vip.conf`,
    'Role kube-system/podstrap:virtual-address',
  );
  await world.converge();
  // kube-vip gives it back as it ends.
  await expect.poll(holders, { timeout: 30_000 }).toEqual([]);
  for (const host of planes) {
    expect(existsSync(at(host, manifest))).toBe(false);
    expect(existsSync(at(host, '/etc/kubernetes/kube-vip.conf'))).toBe(false);
  }
  expect(server(at('cp-2', '/etc/kubernetes/admin.conf'))).not.toContain(address);
  expect(await status()).not.toHaveProperty('virtualAddress');
});

it('comes to a cluster that lives, and goes with a host that is emptied', async () => {
  await world.edit((spec: Spec) => {
    spec.virtualAddress = { address };
  });
  await world.converge();
  const [holder] = holders() as [string];
  expectEnd(await world.podstrap(['reset', holder, '--yes']), 0);
  expect(existsSync(at(holder, '/run/practice/taken'))).toBe(false);
  await expect.poll(holders, { timeout: 30_000 }).toHaveLength(1);
});
