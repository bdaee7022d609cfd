import { createPublicKey, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { readInventory } from '../../src/inventory/reading/read-inventory.js';
import { certificateSpec } from '../../src/pki/certificate-spec.js';
import { issue, issueAuthority } from '../../src/pki/x509/issue.js';
import { openSigner } from '../../src/pki/x509/signer.js';
import { Secret } from '../../src/secret.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1);
  await world.converge();
});
afterAll(() => world.close());

const at = (path: string): string => join(world.site.host('cp-1').root, path);
const read = (path: string): string => readFileSync(at(path), 'utf8');
const edit = (path: string, change: (text: string) => string): void =>
  writeFileSync(at(path), change(read(path)));
const manifest = (name: string): string => `${paths.manifests}/${name}.yaml`;
const day = 86_400_000;

/** A certificate for the key that lies on the host, as somebody else might have made it. */
async function certify(
  name: string,
  file: string,
  { dnsNames, now = Date.now(), foreign = false }: { dnsNames?: string[]; now?: number; foreign?: boolean },
): Promise<void> {
  const { inventory } = await readInventory(world.file, { environment: {} });
  const spec = certificateSpec(inventory, inventory.spec.hosts[0]!, name);
  const folder = spec.authority === 'etcd-ca' ? 'etcd/ca' : spec.authority;
  const key = new Secret(readFileSync(join(world.state, 'pki', `${folder}.key`), 'utf8'));
  const circumstances = { now: new Date(now), randomBytes };
  const own = readFileSync(join(world.state, 'pki', `${folder}.crt`), 'utf8');
  // The same name and another key: only the signature tells.
  const otherKey = new Secret(read(`${paths.pki}/sa.key`));
  const authority = foreign
    ? openSigner(
        await issueAuthority({ commonName: 'kubernetes', validityMs: 3650 * day }, otherKey, circumstances),
        otherKey,
      )
    : openSigner(own, key);
  const publicKey = createPublicKey(read(`${paths.pki}/${file}.key`))
    .export({ type: 'spki', format: 'pem' })
    .toString();
  const made = await issue(dnsNames ? { ...spec, dnsNames } : spec, publicKey, authority, circumstances);
  writeFileSync(at(`${paths.pki}/${file}.crt`), made);
}

/** Records of the practice runtime whose text matches. */
function editRecords(folder: string, which: RegExp, change: (text: string) => string): void {
  const all = at(`/var/lib/containerd/practice/${folder}`);
  for (const name of readdirSync(all)) {
    const text = readFileSync(join(all, name), 'utf8');
    if (which.test(text)) writeFileSync(join(all, name), change(text));
  }
}

/** Each drift: what somebody did, and what the plan says of it. */
const drifts: readonly (readonly [what: string, act: () => void | Promise<void>, said: RegExp])[] = [
  [
    'a manifest edited by hand',
    () =>
      edit(manifest('kube-apiserver'), (text) =>
        text.replace('    image:', '    - --profiling=true\n    image:'),
      ),
    /switch static pod kube-apiserver {2}\(edited on the host\)\n[\s\S]*-\s+- --profiling=true/,
  ],
  ['a manifest deleted', () => rmSync(at(manifest('kube-scheduler'))), /add static pod kube-scheduler/],
  [
    'a pod of another revision, though the file is right',
    () =>
      editRecords('containers', /\ncomponent=kube-controller-manager\n/, (text) =>
        text.replace(/revision=.*/, 'revision=0123456789ab'),
      ),
    /switch static pod kube-controller-manager {2}\(the pod that runs is not of this revision\)/,
  ],
  [
    'the kubelet’s configuration',
    () => edit('/var/lib/kubelet/config.yaml', (text) => `${text}maxPods: 7\n`),
    /write \/var\/lib\/kubelet\/config\.yaml [\s\S]*-maxPods: 7[\s\S]*restart kubelet\.service/,
  ],
  [
    'a unit',
    () =>
      edit('/etc/systemd/system/containerd.service', (text) =>
        text.replace('[Service]', '[Service]\nNice=5'),
      ),
    /write \/etc\/systemd\/system\/containerd\.service [\s\S]*-Nice=5[\s\S]*restart containerd\.service/,
  ],
  [
    'a unit that does not start at the next boot, of which systemd was not told',
    () => rmSync(at('/etc/systemd/system/multi-user.target.wants/kubelet.service')),
    /enable kubelet\.service/,
  ],
  [
    'a kubeconfig',
    () => edit('/etc/kubernetes/admin.conf', (text) => `${text}# edited\n`),
    /write \/etc\/kubernetes\/admin\.conf {2}\(edited on the host \(not shown: it holds a key\)\)/,
  ],
  [
    'a certificate without a name that it needs',
    () => certify('apiserver', 'apiserver', { dnsNames: ['kubernetes'] }),
    /write \/etc\/kubernetes\/pki\/apiserver\.crt {2}\(it does not name /,
  ],
  [
    'a certificate that has expired',
    () => certify('front-proxy-client', 'front-proxy-client', { now: Date.now() - 800 * day }),
    /write \/etc\/kubernetes\/pki\/front-proxy-client\.crt {2}\(.*it expired on \d{4}-\d\d-\d\d/,
  ],
  [
    'a certificate of another authority',
    () => certify('apiserver-kubelet-client', 'apiserver-kubelet-client', { foreign: true }),
    /write \/etc\/kubernetes\/pki\/apiserver-kubelet-client\.crt {2}\(it was not signed by this cluster’s ca/,
  ],
  [
    'a key that is not its certificate’s',
    () => writeFileSync(at(`${paths.pki}/apiserver-etcd-client.key`), read(`${paths.pki}/sa.key`)),
    /apiserver-etcd-client\.key {2}\(the key on the host is not the one that belongs to it\)/,
  ],
  [
    'the mode of a key',
    () => chmodSync(at(`${paths.pki}/etcd/server.key`), 0o644),
    /set mode 0600 and owner root on \/etc\/kubernetes\/pki\/etcd\/server\.key {2}\(mode is 0644/,
  ],
  [
    'a kernel setting',
    () => writeFileSync(at('/proc/sys/net/ipv4/ip_forward'), '0\n'),
    /set net\.ipv4\.ip_forward=1 {2}\(it is 0/,
  ],
  [
    'a binary',
    () => writeFileSync(at('/usr/local/bin/kubectl'), '#!/bin/sh\n'),
    /install \/usr\/local\/bin\/kubectl .*\(the one on the host is not v1\.36\.3\)/,
  ],
  [
    'an image with another digest under its name',
    () => editRecords('images', /pause/, (text) => text.replace(/sha256:\w{8}/, 'sha256:00000000')),
    /import registry\.k8s\.io\/pause.*\(the one on the host has another digest/,
  ],
];

/** What is not podstrap's, and what is said of it. */
const strangers: readonly (readonly [path: string, make: () => void, said: string])[] = [
  [
    `${paths.manifests}/etcd.yaml~`,
    () => writeFileSync(at(`${paths.manifests}/etcd.yaml~`), '# kind: Nothing\n'),
    'the kubelet runs it as a static pod',
  ],
  [
    `${paths.manifests}/.etcd.yaml.swp`,
    () => writeFileSync(at(`${paths.manifests}/.etcd.yaml.swp`), 'b0VIM'),
    'ignores names that begin with a dot',
  ],
  [
    '/etc/systemd/system/kubelet.service.d/20-extra.conf',
    () => {
      mkdirSync(at('/etc/systemd/system/kubelet.service.d'));
      chmodSync(at('/etc/systemd/system/kubelet.service.d'), 0o777);
      writeFileSync(at('/etc/systemd/system/kubelet.service.d/20-extra.conf'), '[Service]\n');
    },
    'it changes kubelet.service',
  ],
];

it('every drift is found and explained; up heals it; what is not ours is told, and goes with --prune', async () => {
  for (const [, act] of drifts) await act();
  for (const [, make] of strangers) make();
  const plan = await world.podstrap(['plan', '--detailed-exitcode']);
  expectEnd(plan, 2);
  expect(
    drifts.filter(([, , said]) => !said.test(plan.stdout)).map(([what]) => what),
    plan.stdout,
  ).toEqual([]);
  expectEnd(
    plan,
    2,
    ...strangers.map(([path, , said]) => new RegExp(`cp-1: ${path}: .*${said}.* Left alone`)),
  );

  const status = await world.podstrap(['status']);
  expectEnd(status, 1, '~ install /usr/local/bin/kubectl', '~ set net.ipv4.ip_forward=1', '? cp-1: /etc/');

  expectEnd(await world.up(), 0);
  // On a machine under load the API server may need a moment until it answers what its objects are.
  await expect
    .poll(async () => (await world.podstrap(['plan', '--detailed-exitcode'])).code, { timeout: 300_000 })
    .toBe(0);
  expectEnd(await world.podstrap(['plan']), 0, 'Nothing to do', ...strangers.map(([path]) => path));

  expectEnd(await world.podstrap(['plan', '--prune', '--detailed-exitcode']), 2, 'It is removed.');
  expectEnd(await world.podstrap(['up', '--yes', '--prune']), 0);
  const clean = await world.podstrap(['plan', '--prune', '--detailed-exitcode']);
  expectEnd(clean, 0);
  expect(clean.stdout.trim()).toBe('Nothing to do: hosts and cluster are as the inventory says.');
});

it('a component that runs twice, from a copied manifest, is told; with the copy it goes', async () => {
  const copy = `${paths.manifests}/scheduler-copy.yaml`;
  writeFileSync(
    at(copy),
    read(manifest('kube-scheduler')).replace('  name: kube-scheduler\n', '  name: scheduler-copy\n'),
  );
  await expect
    .poll(async () => (await world.podstrap(['plan'])).stdout, { timeout: 60_000 })
    .toMatch(/kube-scheduler\.yaml: kube-scheduler runs 2 times[\s\S]*Nothing to do/);
  expectEnd(await world.podstrap(['up', '--yes', '--prune']), 0);
  await expect
    .poll(async () => (await world.podstrap(['plan', '--prune'])).stdout.trim(), { timeout: 60_000 })
    .toBe('Nothing to do: hosts and cluster are as the inventory says.');
});
