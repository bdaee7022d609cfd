import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withoutReturn } from '../../src/desired/pods/returned.js';
import { paths } from '../../src/host/paths.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1);
});
afterAll(() => world.close());

const at = (host: string, path: string): string => join(world.site.host(host).root, path);
const read = (host: string, path: string): string => readFileSync(at(host, path), 'utf8');
const mine = (name: string): string => join(world.directory, name);
const manifest = `${paths.manifests}/web.yaml`;
const image = (tag: string) => `registry.k8s.io/${tag}:v1.36.3`;

/** The manifest of `web` as its author writes it. */
const pod = (fields: { image?: string; command?: readonly string[] } = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { labels: { app: 'web' } },
  spec: {
    priorityClassName: 'system-node-critical',
    securityContext: { runAsUser: 1000, runAsGroup: 2000 },
    containers: [
      {
        name: 'server',
        image: fields.image ?? image('kube-scheduler'),
        command: fields.command ?? ['/web', '--till={{values.till}}', '--on={{host.name}}'],
        ports: [{ containerPort: '{{values.port}}' }],
      },
    ],
  },
});
const write = (text: object) => writeFileSync(mine('web.yaml'), dump(text));
const folders = (host: string): readonly string[] =>
  existsSync(at(host, paths.pods)) ? readdirSync(at(host, `${paths.pods}/web`)).sort() : [];
const revision = (host: string): string => /podstrap\.io\/revision: "?(\w+)/.exec(read(host, manifest))![1]!;
const plan = async (): Promise<string> => {
  const ended = await world.podstrap(['plan', '--detailed-exitcode']);
  expectEnd(ended, 2);
  return ended.stdout;
};

it('pods of people’s own come up on the hosts that they are for, with their files', async () => {
  await world.converge();
  write(pod());
  await mkdir(mine('etc'), { recursive: true });
  await writeFile(mine('etc/web.conf'), 'till {{values.till}}\n');
  await writeFile(mine('etc/live.conf'), 'one\n');
  await writeFile(mine('pin'), 'pin-of-the-till-1234\n');
  await world.edit((spec) => {
    spec.values = { port: 8080 };
    for (const [index, host] of spec.hosts.entries()) host.values = { till: index + 7 };
    spec.staticPods = [
      {
        name: 'web',
        manifest: 'web.yaml',
        files: [
          { source: 'etc/web.conf', path: '/etc/web/web.conf', template: true },
          { source: 'etc/live.conf', path: '/etc/live/live.conf', onChange: 'none' },
          { secret: { file: 'pin' }, path: '/run/secrets/pin' },
          { secret: { command: ['echo', 'secret-of-{{host.name}}'] }, path: '/run/secrets/own' },
        ],
      },
    ];
  });
  const planned = await plan();
  expect(planned).toMatch(/add static pod web/);
  expect(planned).not.toContain('pin-of-the-till');
  await world.converge();
  for (const [host, till] of [
    ['cp-1', 7],
    ['w-1', 8],
  ] as const) {
    const { metadata, spec } = load(read(host, manifest)) as Spec;
    expect(metadata).toMatchObject({ name: 'web', namespace: 'default', labels: { app: 'web' } });
    expect(spec.priority).toBe(2_000_001_000);
    expect(spec.containers[0].command).toEqual(['/web', `--till=${till}`, `--on=${host}`]);
    expect(spec.containers[0].ports).toEqual([{ containerPort: 8080 }]);
    const mounts = spec.containers[0].volumeMounts.map((mount: Spec) => [mount.mountPath, mount.readOnly]);
    expect(mounts).toEqual([
      ['/etc/web', true],
      ['/run/secrets', true],
      ['/etc/live', true],
    ]);
    const seen = (path: string) => {
      const index = spec.containers[0].volumeMounts.findIndex((mount: Spec) =>
        path.startsWith(`${mount.mountPath}/`),
      );
      const { mountPath, name } = spec.containers[0].volumeMounts[index];
      const { hostPath } = spec.volumes.find((volume: Spec) => volume.name === name);
      return `${hostPath.path}${path.slice(mountPath.length)}`;
    };
    expect(read(host, seen('/etc/web/web.conf'))).toBe(`till ${till}\n`);
    expect(read(host, seen('/run/secrets/own'))).toBe(`secret-of-${host}\n`);
    expect(statSync(at(host, seen('/etc/web/web.conf'))).mode & 0o777).toBe(0o444);
    expect(statSync(at(host, seen('/run/secrets/pin'))).mode & 0o777).toBe(0o400);
  }
  expectEnd(await world.podstrap(['status']), 0, 'web');
});

it('they are looked at and entered with nothing but SSH', async () => {
  expectEnd(await world.podstrap(['logs', 'etcd', '--tail', '2']), 0, /^cp-1 etcd /m);
  expectEnd(await world.podstrap(['logs', 'web', '--hosts', 'w-1']), 0);
  expectEnd(await world.podstrap(['logs', 'nothing']), 1);
  expectEnd(await world.podstrap(['logs', 'web', '--hosts', 'w-9']), 64, 'no host w-9');
  expectEnd(await world.podstrap(['exec', 'w-1', 'web', '--', 'true']), 0);
  expectEnd(await world.podstrap(['exec', 'w-1', 'web', '--', 'false']), 1);
  expectEnd(await world.podstrap(['exec', 'w-1', 'nothing', '--', 'true']), 1, 'none runs there');
});

it('another image, a file or a secret replaces the pod; a file that it reads by itself does not', async () => {
  const first = revision('w-1');
  write(pod({ image: image('kube-controller-manager') }));
  expect(await plan()).toMatch(/switch static pod web/);
  await world.converge();
  const second = revision('w-1');
  expect(second).not.toBe(first);
  const before = folders('w-1');
  await writeFile(mine('pin'), 'another-pin-5678\n');
  await world.converge();
  expect(revision('w-1')).not.toBe(second);
  // The folder of before went with the end of the run.
  expect(folders('w-1')).toHaveLength(before.length);
  expect(folders('w-1')).not.toEqual(before);
  const third = revision('w-1');
  await writeFile(mine('etc/live.conf'), 'two\n');
  expect(await plan()).not.toMatch(/switch static pod/);
  await world.converge();
  expect(revision('w-1')).toBe(third);
});

it('one that never gets ready is undone, with what it was before', async () => {
  const before = read('w-1', manifest);
  const then = folders('w-1');
  write(pod({ command: ['/bin/false'] }));
  await writeFile(mine('etc/web.conf'), 'other {{values.till}}\n');
  const failed = await world.up();
  expectEnd(failed, 1, /web: /);
  expect(read('cp-1', manifest)).toContain('--on=cp-1');
  expect(read('w-1', manifest)).toBe(before);
  for (const folder of then) expect(folders('w-1')).toContain(folder);
  write(pod({ image: image('kube-controller-manager') }));
  await writeFile(mine('etc/web.conf'), 'till {{values.till}}\n');
  await world.converge();
  expect(read('w-1', manifest)).toBe(before);
});

it('a rollback brings back the manifest of before', async () => {
  const before = withoutReturn(read('w-1', manifest));
  write(pod());
  await world.converge();
  expect(withoutReturn(read('w-1', manifest))).not.toBe(before);
  expectEnd(await world.podstrap(['rollback', '--yes']), 0);
  expect(withoutReturn(read('w-1', manifest))).toBe(before);
  write(pod({ image: image('kube-controller-manager') }));
  await world.converge();
});

it('a pod that is asked for no longer goes, and its files with it', async () => {
  await world.edit((spec) => {
    spec.staticPods[0].hosts = { roles: ['control-plane'] };
  });
  expect(await plan()).toMatch(/remove static pod web/);
  await world.converge();
  expect(existsSync(at('w-1', manifest))).toBe(false);
  expect(existsSync(at('w-1', paths.pods))).toBe(false);
  expect(existsSync(at('cp-1', manifest))).toBe(true);
});

it('a secret command that fails stops everything before any host is asked', async () => {
  const text = await readFile(world.file, 'utf8');
  await world.edit((spec) => {
    spec.staticPods[0].files[3].secret.command = ['false'];
  });
  expectEnd(await world.up(), 64, 'false: it ended with exit code 1');
  await writeFile(world.file, text);
});

it('after a reset nothing is left of them', async () => {
  await world.reset();
  for (const host of ['cp-1', 'w-1']) {
    expect(existsSync(at(host, manifest))).toBe(false);
    expect(existsSync(at(host, paths.pods))).toBe(false);
  }
});
