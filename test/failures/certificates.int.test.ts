import { readdirSync, readFileSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CertificateList } from '../../src/stories/list-certificates.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1);
  await world.converge();
});
afterAll(() => world.close());

const list = async (...args: string[]): Promise<CertificateList> => {
  const ended = await world.podstrap(['certs', '-o', 'json', ...args]);
  return JSON.parse(ended.stdout);
};
const onHost = (host: string, path: string) => readFileSync(join(world.site.host(host).root, path), 'utf8');
const serials = ({ items }: CertificateList) =>
  new Map(items.map(({ host, path, part, serial }) => [`${host ?? ''}:${path}:${part ?? ''}`, serial]));

it('lists what is on every host, in kubeconfigs and in the keystore, the first to end first, and no key', async () => {
  const ended = await world.podstrap(['certs', '-o', 'json']);
  expectEnd(ended, 0);
  expect(ended.stdout).not.toMatch(/PRIVATE|key-data/);
  const { items, unreachable } = JSON.parse(ended.stdout) as CertificateList;
  expect(unreachable).toEqual([]);
  const places = items.map(({ host, path, part }) => [host ?? 'keystore', path, part ?? ''].join(' ').trim());
  expect(new Set(places).size).toBe(places.length);
  expect(places).toEqual(
    expect.arrayContaining([
      'cp-1 /etc/kubernetes/pki/etcd/peer.crt',
      'cp-1 /etc/kubernetes/admin.conf client',
      'cp-1 /etc/kubernetes/admin.conf authority',
      'w-1 /etc/kubernetes/kubelet.conf client',
      'w-1 /etc/kubernetes/pki/ca.crt',
      'keystore operator/etcd',
      'keystore front-proxy-ca',
    ]),
  );
  expect(items.map(({ expires }) => expires)).toEqual(items.map(({ expires }) => expires).sort());
  expect(items.flatMap(({ problems }) => problems)).toEqual([]);
  expect(items.find(({ path }) => path.endsWith('/scheduler.conf'))).toMatchObject({
    name: 'scheduler',
    commonName: 'system:kube-scheduler',
    issuer: 'kubernetes',
    usages: ['clientAuth'],
    readBy: [{ component: 'kube-scheduler', effect: 'restart' }],
  });
});

it('says so when one ends within the time, and only then', async () => {
  expectEnd(await world.podstrap(['certs', '--within', '30d']), 0, 'EXPIRES', 'READ BY');
  expectEnd(await world.podstrap(['certs', '--within', '400d']), 1);
  expectEnd(await world.podstrap(['certs', '--within', 'soon']), 64, '30d');
});

it('renews what was named, on the host that was named, and nothing else', async () => {
  const before = await list();
  const revision = /podstrap.io\/revision: (\w+)/.exec(
    onHost('cp-1', '/etc/kubernetes/manifests/kube-apiserver.yaml'),
  )![1];
  expectEnd(await world.podstrap(['certs', 'renew', 'apiserver', '--host', 'cp-1', '--yes']), 0);
  const after = serials(await list());
  const changed = [...serials(before)].filter(([place, serial]) => after.get(place) !== serial);
  expect(changed.map(([place]) => place)).toEqual(['cp-1:/etc/kubernetes/pki/apiserver.crt:']);
  expect(onHost('cp-1', '/etc/kubernetes/manifests/kube-apiserver.yaml')).toContain(revision!);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
});

it('a renewal that nobody approved leaves the keystore and the hosts as they were', async () => {
  const before = await list();
  // Without a terminal and without --yes nothing is approved.
  expectEnd(await world.podstrap(['certs', 'renew', 'scheduler', 'operator/etcd']), 64, 'no terminal');
  expect(serials(await list())).toEqual(serials(before));
  expectEnd(await world.podstrap(['certs']), 0);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0, 'Nothing to do');
});

it('refuses what there is not, and authorities, before anything is made', async () => {
  const before = serials(await list());
  expectEnd(await world.podstrap(['certs', 'renew', 'apisrver', '--yes']), 64, 'did you mean "apiserver"?');
  expectEnd(await world.podstrap(['certs', 'renew', 'ca', '--yes']), 64, 'authority');
  expectEnd(await world.podstrap(['certs', 'renew', '--host', 'cp-7', '--yes']), 64, 'cp-7');
  expect(serials(await list())).toEqual(before);
});

it('operators with copies of one keystore do not undo each other’s renewals', async () => {
  await world.converge();
  const directory = join(world.directory, 'colleague');
  const file = join(directory, 'cluster.yaml');
  await cp(world.state, join(directory, '.podstrap/practice'), { recursive: true });
  await cp(world.file, file);
  const colleague = (...args: readonly string[]) => world.own([...args, '-f', file]);
  const servedBy = (host: string) => onHost(host, '/etc/kubernetes/pki/apiserver.crt');

  expectEnd(await colleague('certs', 'renew', '--yes'), 0);
  const renewed = servedBy('cp-1');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0, 'Nothing to do');
  expectEnd(await world.podstrap(['certs']), 0, 'renewed by another operator');
  expectEnd(await world.podstrap(['up', '--yes']), 0, 'Nothing to do');
  expect(servedBy('cp-1')).toBe(renewed);
  const ours = await readFile(join(world.state, 'pki/hosts/cp-1/apiserver.pem'), 'utf8');
  expect(ours).not.toContain(renewed);
  expect(await readFile(join(world.state, 'pki/hosts/cp-1/apiserver.elsewhere.crt'), 'utf8')).toBe(renewed);

  // What is asked for is done, and stays for the other one, whose note then goes.
  expectEnd(await world.podstrap(['certs', 'renew', 'apiserver', 'scheduler', '--yes']), 0);
  expect(servedBy('cp-1')).not.toBe(renewed);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  expectEnd(await colleague('plan', '--detailed-exitcode'), 0);
  expect(readdirSync(join(world.state, 'pki/hosts/cp-1'))).not.toContain('apiserver.elsewhere.crt');

  // Something else that is to change there takes nothing of it along.
  const back = await world.edit((spec) => {
    spec.scheduler = { extraArgs: [{ name: 'v', value: '3' }] };
  });
  const plan = await world.podstrap(['plan']);
  expectEnd(plan, 0, 'switch static pod kube-scheduler');
  expect(plan.stdout).not.toMatch(/~ write /);
  await world.converge();
  await back();
  await world.converge();
});
