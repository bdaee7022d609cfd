import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withoutReturn } from '../../src/desired/pods/returned.js';
import { paths } from '../../src/host/paths.js';
import { expectEnd, startWorld, type World } from './world.js';

const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
let world: World;
beforeAll(async () => {
  world = await startWorld(0, 0, {
    standalone: 2,
    spec: { rollout: { minHealthyTime: '0s', healthyDeadline: '5s' } },
    alsoServe: [{ kubernetesVersion: 'v1.37.2' }],
  });
});
afterAll(() => world.close());

const at = (host: string) => join(world.site.host(host).root, paths.manifests, 'web.yaml');
const marked = (host: string): string => readFileSync(at(host), 'utf8');
/** As it was sent: one that came back within a moment has a mark. */
const read = (host: string): string => withoutReturn(marked(host));
/** UIDs of the pods that a host has logs of. */
const uids = (host: string): readonly string[] =>
  readdirSync(join(world.site.host(host).root, 'var/log/pods')).map((name) => name.split('_').at(-1)!);
const write = (command: readonly string[]) =>
  writeFileSync(
    join(world.directory, 'web.yaml'),
    dump({
      apiVersion: 'v1',
      kind: 'Pod',
      spec: { containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10.2', command }] },
    }),
  );

test('static pods run on hosts without an API, and are looked at there', async () => {
  write(['/web', '--on={{host.name}}']);
  writeFileSync(join(world.directory, 'pin'), 'pin-of-the-shop\n');
  await world.edit((spec) => {
    const files = [{ secret: { file: 'pin' }, path: '/run/secrets/pin' }];
    spec.staticPods = [{ name: 'web', manifest: 'web.yaml', files }];
  });
  await world.converge();
  expect(read('shop-2')).toContain('--on=shop-2');
  expectEnd(await world.podstrap(['status']), 0, /as wanted +2 of 2 reached +2 of 2/);
  expectEnd(await world.podstrap(['status', '--by', 'nothing']), 64, 'no host has a label nothing');
  expectEnd(await world.podstrap(['pods']), 0, /shop-1 +web +default/, /shop-2 +web +default/);
  expectEnd(await world.podstrap(['pods', '--hosts', 'shop-9']), 64, 'no host shop-9');
  expectEnd(await world.podstrap(['top']), 0, /shop-1 .* 2 CPUs/, 'default/web-shop-1');
  expectEnd(await world.podstrap(['exec', 'shop-1', 'web', '--', 'true']), 0);
});

test('a change is rolled out under the kubelets, and one that never gets ready goes back everywhere', async () => {
  write(['/web', '--other', '--on={{host.name}}']);
  await world.converge();
  const before = read('shop-1');
  const seen = uids('shop-1');
  write(['/bin/false']);
  expectEnd(await world.up(), 1, /web/);
  expect(read('shop-1')).toBe(before);
  // The pod of before has ended containers there: what came back is another pod.
  expect(marked('shop-1')).toContain('podstrap.io/returned: "');
  expect(uids('shop-1').filter((uid) => !seen.includes(uid))).toHaveLength(2);
  write(['/web', '--other', '--on={{host.name}}']);
  await world.converge();
  expect(read('shop-1')).toBe(before);
});

test('a manifest that lies there already is taken over, and its pod runs on', async () => {
  const before = marked('shop-1');
  const seen = uids('shop-1');
  for (const path of [paths.applied, paths.generation])
    rmSync(join(world.site.host('shop-1').root, path), { force: true });
  await world.converge();
  expect(marked('shop-1')).toBe(before);
  expect(uids('shop-1')).toEqual(seen);
});

test('a rollback brings back what the fleet had before, stage after stage', async () => {
  const before = read('shop-2');
  write(['/web', '--third', '--on={{host.name}}']);
  await world.converge();
  expect(read('shop-2')).toContain('--third');
  expectEnd(await world.podstrap(['rollback', '--yes']), 0);
  expect(read('shop-2')).toBe(before);
  expectEnd(await world.podstrap(['history']), 0, 'rollback');
  write(['/web', '--other', '--on={{host.name}}']);
  await world.converge();
});

test('a plan that was approved is applied, certificates are renewed, and what hosts get is rendered', async () => {
  write(['/web', '--planned', '--on={{host.name}}']);
  expectEnd(await world.podstrap(['plan', '--out', 'plan.json']), 0);
  expectEnd(await world.podstrap(['up', '--plan', 'plan.json', '--yes']), 0);
  expect(read('shop-2')).toContain('--planned');
  await world.converge();
  expectEnd(await world.podstrap(['certs', 'renew', '--yes']), 0);
  await world.converge();
  expectEnd(await world.podstrap(['render', '--out', 'rendered']), 0);
  expect(
    readFileSync(join(world.directory, 'rendered/shop-1/etc/kubernetes/manifests/web.yaml'), 'utf8'),
  ).toBe(read('shop-1'));
});

test('a bundle is enough', async () => {
  write(['/web', '--from-a-bundle', '--on={{host.name}}']);
  expectEnd(await world.podstrap(['bundle', 'create', '--arch', arch, '--out', 'fleet.tar']), 0);
  expectEnd(await world.podstrap(['up', '--yes', '--bundle', 'fleet.tar']), 0);
  expect(read('shop-1')).toContain('--from-a-bundle');
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode', '--bundle', 'fleet.tar']), 0);
});

test('another minor of the kubelet takes every pod along, and the plan says so', async () => {
  await world.edit((spec) => {
    spec.kubernetesVersion = 'v1.37.2';
  });
  expectEnd(
    await world.podstrap(['plan']),
    0,
    /1\. shop-1, which goes first: restarts kubelet, web/,
    /switch static pod web {2}\(a kubelet of another minor version restarts every static pod\)/,
  );
  await world.converge();
});

test('a pod that was ended behind podstrap’s back is missed, by status and by pods', async () => {
  await world.site.powerCut('shop-2');
  expectEnd(await world.podstrap(['status']), 1, /shop-2 +away/, /1 of 2 reached +1 of 1/);
  expectEnd(await world.podstrap(['pods']), 0, /✖ shop-2: /);
  await world.site.powerOn('shop-2');
  await world.converge();
});

test('a fleet whose keystore is lost gets a new authority, and its pods run on', async () => {
  await world.edit((spec) => {
    spec.staticPods = [{ name: 'web', manifest: 'web.yaml' }];
  });
  await world.converge();
  const seen = ['shop-1', 'shop-2'].map(marked);
  const pods = uids('shop-1');
  const authority = () => readFileSync(join(world.site.host('shop-1').root, paths.pki, 'ca.crt'), 'utf8');
  const before = authority();
  renameSync(join(world.directory, '.podstrap'), join(world.directory, 'lost'));
  const refused = await world.up();
  expectEnd(refused, 1, 'with another keystore', /podstrap up --new-authority [0-9a-f]{32}/);
  const id = /--new-authority ([0-9a-f]{32})/.exec(refused.stderr)![1]!;
  expectEnd(await world.podstrap(['up', '--yes', '--new-authority', 'me']), 64);
  expectEnd(await world.podstrap(['up', '--yes', '--new-authority', id]), 0);
  expect(authority()).not.toBe(before);
  await world.converge();
  expect(['shop-1', 'shop-2'].map(marked)).toEqual(seen);
  expect(uids('shop-1')).toEqual(pods);
  expectEnd(await world.podstrap(['status']), 0, /2 of 2 reached +2 of 2/);
  // This keystore has made hosts: it does not become that of others.
  expectEnd(await world.podstrap(['up', '--yes', '--new-authority', '0'.repeat(32)]), 64, 'has made hosts');
});

test('one that is asked for no longer goes', async () => {
  await world.edit((spec) => {
    spec.staticPods = [];
  });
  await world.converge();
  expect(existsSync(at('shop-1'))).toBe(false);
});
