import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  // One bootstrap and many roll-outs: nobody should be given up here because the machine is busy.
  world = await startWorld(3, 0, {
    spec: { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '2m' } },
  });
  await world.converge();
});
afterAll(() => world?.close());

const hosts = ['cp-1', 'cp-2', 'cp-3'];
const onHost = (host: string, path: string): string => join(world.site.host(host).root, path);
const policy = '/etc/kubernetes/audit/policy.yaml';
const encryption = '/etc/kubernetes/encryption/config.yaml';
const plan = () => world.podstrap(['plan', '--detailed-exitcode']);
const write = (name: string, text: string) => writeFile(join(world.directory, name), text);

it('a policy of the user’s comes to every control plane, and a change of it is a diff and a restart of its reader', async () => {
  await write('policy.yaml', 'kind: Policy\nrules: [{ level: None }]\n');
  await world.edit((spec) => {
    spec.apiServer = {
      extraArgs: [{ name: 'audit-policy-file', value: policy }],
      extraFiles: [{ source: 'policy.yaml', path: policy }],
    };
  });
  await world.converge();
  for (const host of hosts) expect(readFileSync(onHost(host, policy), 'utf8')).toContain('level: None');
  await write('policy.yaml', 'kind: Policy\nrules: [{ level: Metadata }]\n');
  const changed = await plan();
  expectEnd(changed, 2, '+rules: [{ level: Metadata }]', 'switch static pod kube-apiserver');
  expect(changed.stdout).not.toContain('switch static pod kube-scheduler');
  await world.converge();
});

const configuration = (...providers: readonly object[]) =>
  JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers }],
  });
const secret = 'c2l4dGVlbiBieXRlcyEhISEhISEh';
const key = { aescbc: { keys: [{ name: 'one', secret }] } };
const identity = { identity: {} };

it('data is not encrypted before every API server can read it: refused with the two steps, which then work', async () => {
  await write('encryption.yaml', configuration(key, identity));
  await world.edit((spec) => {
    spec.apiServer.extraArgs.push({ name: 'encryption-provider-config', value: encryption });
    spec.apiServer.extraFiles.push({ source: 'encryption.yaml', path: encryption });
  });
  const early = await world.up();
  expectEnd(early, 1, 'key one (aescbc) of secrets', 'cp-2', /First .* behind it .* Then /s);
  for (const host of hosts) expect(existsSync(onHost(host, encryption))).toBe(false);
  await write('encryption.yaml', configuration(identity, key));
  await world.converge();
  await write('encryption.yaml', configuration(key, identity));
  const second = await plan();
  expectEnd(second, 2, encryption);
  expect(`${early.stderr}${second.stdout}${second.stderr}`).not.toContain(secret);
  await world.converge();
});

it('a key that data is written with is not given up', async () => {
  await write('encryption.yaml', configuration(identity));
  expectEnd(await world.up(), 1, 'could no longer be read', 'Keep it behind the new one');
  await write('encryption.yaml', configuration(key, identity));
  expectEnd(await plan(), 0);
});

it('an issuer signs only once every API server accepts it', async () => {
  const back = await world.edit((spec) => {
    spec.apiServer.extraArgs.push({ name: 'service-account-issuer', value: 'https://new.example' });
  });
  expectEnd(await world.up(), 1, 'https://new.example', 'https://kubernetes.default.svc.cluster.local');
  await back();
  expectEnd(await plan(), 0);
});
