import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hardeningPlaces } from '../../src/desired/hardening/places.js';
import { paths } from '../../src/host/paths.js';
import { readRing } from '../../src/pki/encryption/ring-text.js';
import type { EncryptionStatus } from '../../src/stories/encryption/encryption-status.js';
import { randomFrom } from '../lab/random.js';
import { type Api, apiOf } from './api.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

const seed = Number(process.env['FAILURES_SEED'] ?? 20_262);

/** More than fit on one page. */
const many = 230;

let world: World;
let api: Api;
beforeAll(async () => {
  world = await startWorld(3, 0);
  await world.converge();
  api = await apiOf(world, 'cp-1');
  for (let index = 0; index < many; index++) await write(`password-${index}`);
});
afterAll(async () => {
  api.close();
  await world.close();
});

const hosts = ['cp-1', 'cp-2', 'cp-3'];
const read = (host: string, path: string): string =>
  readFileSync(join(world.site.host(host).root, path), 'utf8');
const ringFile = () => join(world.state, 'pki/encryption.yaml');
const plan = () => world.podstrap(['plan', '--detailed-exitcode']);
const nothingToDo = async () => expectEnd(await plan(), 0);
const change = (...words: string[]) => world.podstrap(['encryption', ...words, '--yes']);

/** A Secret, created by a client. */
async function write(name: string): Promise<void> {
  const { status } = await api.call('POST', '/api/v1/namespaces/default/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    stringData: { password: `of ${name}` },
  });
  expect(status).toBe(201);
}

/** What Secrets begin with in etcd's own data: each way, once. */
async function writtenWith(): Promise<readonly string[]> {
  const file = join(world.directory, 'now.db');
  rmSync(file, { force: true });
  expectEnd(await world.podstrap(['etcd', 'snapshot', '--out', file]), 0);
  // It ends with its hash.
  const { entries } = JSON.parse(readFileSync(file).subarray(0, -32).toString()) as {
    entries: [string, { value: string }][];
  };
  const values = entries.filter(([key]) => key.startsWith('/registry/secrets/'));
  expect(values.length).toBeGreaterThanOrEqual(many);
  const heads = values.map(([, { value }]) => /^k8s:enc:([a-z]+):v1:[^:]+:/.exec(value)?.[0] ?? 'plain');
  return [...new Set(heads)].sort();
}

async function status(code = 0): Promise<EncryptionStatus> {
  const ended = await world.podstrap(['encryption', 'status', '-o', 'json']);
  expectEnd(ended, code);
  return JSON.parse(ended.stdout) as EncryptionStatus;
}

/** Every client still reads what it wrote, from each API server. */
async function allReadable(): Promise<void> {
  for (const host of hosts) {
    const other = await apiOf(world, host);
    const { status: code, body } = await other.call('GET', '/api/v1/namespaces/default/secrets');
    other.close();
    expect(code, `${host}: ${JSON.stringify(body).slice(0, 300)}`).toBe(200);
    expect((body['items'] as unknown[]).length).toBeGreaterThanOrEqual(many);
  }
}

it('a cluster that asks for nothing has no key, and says so', async () => {
  expect(existsSync(ringFile())).toBe(false);
  expect(await writtenWith()).toEqual(['plain']);
  expect((await status()).objects).toEqual([
    { resource: 'secrets', writer: 'identity', count: expect.any(Number), wanted: true },
  ]);
});

it('a cluster that exists gets its key for reading first, in turns, and is told what comes next', async () => {
  await world.edit((spec: Spec) => {
    spec.encryption = { provider: 'secretbox' };
  });
  expectEnd(await world.up(), 0, 'Run `podstrap encryption migrate`');
  await nothingToDo();
  expect(await writtenWith()).toEqual(['plain']);
  for (const host of hosts) {
    const ring = readRing(read(host, hardeningPlaces.encryption))!;
    expect(ring.chains['secrets']!.map(({ provider }) => provider)).toEqual(['identity', 'secretbox']);
  }
  await allReadable();
});

it('migrate turns the key, rewrites everything, and leaves nothing plain', async () => {
  const pods = hosts.map((host) => read(host, `${paths.manifests}/kube-apiserver.yaml`));
  expectEnd(await change('migrate'), 0, 'written with secretbox k');
  expect(await writtenWith()).toEqual([expect.stringMatching(/^k8s:enc:secretbox:v1:k[0-9a-f]{12}:$/)]);
  // Nobody was restarted.
  expect(hosts.map((host) => read(host, `${paths.manifests}/kube-apiserver.yaml`))).toEqual(pods);
  expect((await status()).ok).toBe(true);
  await nothingToDo();
  await allReadable();
  expectEnd(await change('migrate'), 0, 'Nothing to do');
});

it('rotate, killed wherever it is, goes on where it was; nothing old is left, and nothing was unreadable', async () => {
  const random = randomFrom(seed);
  const [old] = await writtenWith();
  for (let kills = 0; kills < 5; kills++) {
    // Lines of a run: what it waits for and does, from the first look to the last.
    const after = 2 + Math.floor(random() * 40);
    let said = 0;
    await world.podstrap(['encryption', 'rotate', '--yes', '--verbose'], {
      onStart: (child) => {
        child.stderr?.on('data', (text: Buffer) => {
          said += String(text).split('\n').length - 1;
          if (said >= after) child.kill('SIGKILL');
        });
      },
    });
    await allReadable();
    await write(`meanwhile-${kills}`);
  }
  expectEnd(await change('rotate'), 0);
  const now = await writtenWith();
  expect(now).toHaveLength(1);
  expect(now).not.toContain(old);
  const seen = await status();
  expect(seen.ok).toBe(true);
  expect(seen.retired).toContain(`secretbox ${old!.split(':')[4]}`);
  await allReadable();
  await nothingToDo();
});

it('a keystore without the keys takes them from the control planes, which agree', async () => {
  const before = readFileSync(ringFile(), 'utf8');
  rmSync(ringFile());
  await nothingToDo();
  expectEnd(await world.up(), 0);
  expect(readFileSync(ringFile(), 'utf8')).toBe(before);
});

it('a keystore with another key never takes away the one that data need', async () => {
  const before = readFileSync(ringFile(), 'utf8');
  const { generation } = readRing(before)!;
  const secret = Buffer.alloc(32, 7).toString('base64');
  const other = before
    .replace(`"generation":${generation}`, `"generation":${generation + 5}`)
    .replace(/name: .*/, 'name: kother')
    .replace(/secret: .*/, `secret: "${secret}"`);
  writeFileSync(ringFile(), other, { mode: 0o600 });
  expectEnd(await world.up(), 1, 'could no longer be read', 'Nothing was changed');
  for (const host of hosts) expect(read(host, hardeningPlaces.encryption)).toBe(before);
  writeFileSync(ringFile(), before, { mode: 0o600 });
  await nothingToDo();
});

it('migrates to another provider and to more resources, and disables encryption again', async () => {
  await world.edit((spec: Spec) => {
    spec.encryption = { provider: 'aescbc', resources: ['secrets', 'configmaps'] };
  });
  expectEnd(await plan(), 0, 'Run `podstrap encryption migrate`');
  expectEnd(await change('migrate'), 0);
  expect(await writtenWith()).toEqual([expect.stringMatching(/^k8s:enc:aescbc:v1:/)]);
  const { objects, ok } = await status();
  expect(ok).toBe(true);
  expect(objects.map(({ resource }) => resource)).toEqual(['configmaps', 'secrets']);
  await allReadable();
  expectEnd(await change('disable'), 1, 'Set spec.encryption.provider to identity first');
  await world.edit((spec: Spec) => {
    spec.encryption = { provider: 'identity' };
  });
  expectEnd(await change('disable'), 0, 'nothing is encrypted any more');
  expect(await writtenWith()).toEqual(['plain']);
  expect(read('cp-2', `${paths.manifests}/kube-apiserver.yaml`)).not.toContain('encryption-provider');
  await nothingToDo();
  await allReadable();
});

it('a configuration of the user’s own is taken over with its keys', async () => {
  const secret = Buffer.alloc(32, 9).toString('base64');
  const own = join(world.directory, 'own.yaml');
  const text = (...providers: string[]) =>
    `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n  - resources: [secrets]\n    providers:\n${providers.map((one) => `      - ${one}\n`).join('')}`;
  const key = `aesgcm: { keys: [{ name: mine, secret: ${secret} }] }`;
  writeFileSync(own, text('identity: {}', key), { mode: 0o600 });
  await world.edit((spec: Spec) => {
    delete spec.encryption;
    spec.apiServer = {
      ...spec.apiServer,
      extraArgs: [{ name: 'encryption-provider-config', value: '/etc/kubernetes/own/own.yaml' }],
      extraFiles: [{ source: own, path: '/etc/kubernetes/own/own.yaml' }],
    };
  });
  expectEnd(await world.up(), 0);
  expectEnd(await change('rotate'), 1, 'an encryption-provider-config of its own');
  writeFileSync(own, text(key, 'identity: {}'), { mode: 0o600 });
  expectEnd(await world.up(), 0);
  await write('mine');
  expect(await writtenWith()).toEqual(['k8s:enc:aesgcm:v1:mine:', 'plain']);
  await world.edit((spec: Spec) => {
    spec.apiServer = { ...spec.apiServer, extraArgs: [], extraFiles: [] };
    spec.encryption = { provider: 'secretbox' };
  });
  expectEnd(await world.up(), 0);
  expect(readRing(readFileSync(ringFile(), 'utf8'))!.chains['secrets']).toMatchObject([{ name: 'mine' }, {}]);
  await allReadable();
  expectEnd(await change('migrate'), 0);
  expect(await writtenWith()).toEqual([expect.stringMatching(/^k8s:enc:secretbox:v1:/)]);
  await nothingToDo();
  await allReadable();
});

it('a new cluster writes with its key from the start', async () => {
  api.close();
  await world.reset();
  await world.edit((spec: Spec) => {
    spec.encryption = { provider: 'secretbox' };
  });
  await world.converge();
  api = await apiOf(world, 'cp-1');
  for (let index = 0; index < many; index++) await write(`password-${index}`);
  expect(await writtenWith()).toEqual([expect.stringMatching(/^k8s:enc:secretbox:v1:/)]);
  expect((await status()).ok).toBe(true);
});
