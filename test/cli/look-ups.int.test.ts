import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fleetJsonSchema, jsonSchema } from '../../src/inventory/json-schema.js';
import { starterFleet } from '../../src/inventory/starter-fleet.js';
import { starterInventory } from '../../src/inventory/starter-inventory.js';
import { runCommand } from '../lab/command.js';

const bin = join(import.meta.dirname, '../../dist/cli/bin.js');
const directory = mkdtempSync(join(tmpdir(), 'podstrap-look-ups-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const text = starterInventory({ name: 'prod', schema: 'x.json' });
writeFileSync(join(directory, 'cluster.yaml'), text);
writeFileSync(join(directory, 'other.yaml'), text.replace('name: prod', 'name: other'));
writeFileSync(
  join(directory, 'bad.yaml'),
  text.replace('podSubnet: 10.244.0.0/16', 'podSubnets: 10.244.0.0/16'),
);
writeFileSync(join(directory, 'shops.yaml'), starterFleet({ name: 'shops', schema: 'x.json' }));
writeFileSync(join(directory, 'two.yaml'), text.replace('# - { name: cp-2', '- { name: cp-2'));
mkdirSync(join(directory, '.podstrap/prod/runs'), { recursive: true });
writeFileSync(join(directory, '.podstrap/prod/runs/2026-01-01-a.jsonl'), '');

const podstrap = (words: string, environment: Record<string, string> = {}) =>
  runCommand(process.execPath, [bin, ...words.split(' ')], {
    directory,
    environment: { NO_COLOR: '1', ...environment },
  });

describe('validate', () => {
  test('says what the inventory is, and makes no keys', async () => {
    expect(await podstrap('validate')).toMatchObject({
      code: 0,
      stdout:
        'cluster.yaml is valid: cluster prod, Kubernetes v1.36.3, 1 host (1 control plane, 0 workers).\n',
    });
    const { stdout } = await podstrap('validate -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'InventoryValidation',
      cluster: 'prod',
      hosts: 1,
      controlPlanes: 1,
      workers: 0,
    });
  });

  test('counts every host once, and says where its warnings are', async () => {
    const { code, stdout, stderr } = await podstrap('validate -f two.yaml');
    expect([code, stdout]).toEqual([0, expect.stringContaining('2 hosts (2 control planes, 0 workers).')]);
    expect(stderr).toMatch(/^warning: two\.yaml:\d+:\d+: spec\.hosts: 2 control planes/m);
    expect((await podstrap('validate -f shops.yaml')).stdout).toContain(
      'fleet shops, Kubernetes v1.36.3, 1 host.',
    );
  });

  test('of a folder says that it is one', async () => {
    const { code, stderr } = await podstrap(`validate -f ${directory}`);
    expect([code, stderr]).toEqual([64, expect.stringContaining('it is a folder')]);
  });

  test('says what is wrong and where, for people and as JSON', async () => {
    const { code, stderr } = await podstrap('validate -f bad.yaml');
    expect([code, stderr]).toEqual([64, expect.stringMatching(/bad\.yaml:\d+:\d+[\s\S]*podSubnet/)]);
    const json = await podstrap('validate -f bad.yaml -o json');
    expect([json.code, json.stdout]).toEqual([64, expect.stringContaining('"kind":"inventory"')]);
  });

  test('PODSTRAP_FILE names the inventory where -f does not', async () => {
    const environment = { PODSTRAP_FILE: 'other.yaml' };
    expect((await podstrap('validate', environment)).stdout).toContain('cluster other,');
    expect((await podstrap('validate -f cluster.yaml', environment)).stdout).toContain('cluster prod,');
  });
});

test('images are what an inventory of that version needs, one per line', async () => {
  const { stdout } = await podstrap('images');
  expect(stdout.split('\n')).toContain('registry.k8s.io/kube-apiserver:v1.36.3');
  expect(stdout).not.toContain('https://');
  const next = await podstrap('images --kubernetes-version v1.37.2 --binaries --arch arm64');
  expect(next.stdout).toContain('registry.k8s.io/kube-apiserver:v1.37.2');
  expect(next.stdout).toMatch(/^https:\/\/\S+v1\.37\.2\/bin\/linux\/arm64\/kubelet$/m);
  expect(await podstrap('images --kubernetes-version v1.20.0')).toMatchObject({ code: 64 });
});

test('version tells podstrap’s own, those that it supports, and the cluster’s, which it can do without', async () => {
  const { stdout } = await podstrap('version -o json');
  expect(JSON.parse(stdout)).toMatchObject({
    podstrap: expect.stringMatching(/^\d+\.\d+\.\d+/),
    kubernetes: { supported: expect.arrayContaining(['v1.36', 'v1.37']) },
    cluster: { name: 'prod', kubernetesVersion: 'v1.36.3' },
  });
  const alone = await podstrap('version -f nothing-here.yaml');
  expect([alone.code, alone.stdout]).toEqual([0, expect.not.stringContaining('cluster')]);
});

describe('init', () => {
  test('writes no name that the inventory would refuse', async () => {
    const { code, stderr } = await podstrap('init -f named.yaml --name Bad_Name');
    expect([code, stderr]).toEqual([64, expect.stringContaining('did you mean "bad-name"?')]);
    expect(existsSync(join(directory, 'named.yaml'))).toBe(false);
  });
});

describe('explain', () => {
  test('tells a field’s meaning, and those below it', async () => {
    const { stdout } = await podstrap('explain spec.networking');
    expect(stdout).toMatch(/^spec\.networking {2}\(mapping\)\n[\s\S]*\n {2}podSubnet {2}\(text/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('writes the schema that editors use', async () => {
    expect(JSON.parse((await podstrap('explain --schema')).stdout)).toEqual(jsonSchema());
  });

  test('knows the fields of clusters and of fleets, and first those of the inventory that is here', async () => {
    const heads = async (words: string) => (await podstrap(words)).stdout.split('\n')[0];
    expect(await heads('explain rollout.stages')).toBe('spec.rollout.stages  (list of mapping, in a fleet)');
    expect(await heads('explain spec.hosts -f shops.yaml')).toMatch(/^spec\.hosts .*in a fleet\)$/);
    expect(await heads('explain spec.hosts')).toBe('spec.hosts  (list of mapping, required)');
    expect(await heads('explain spec.hosts --kind fleet')).toMatch(/in a fleet\)$/);
    expect((await podstrap('explain rollout.stages --kind cluster')).code).toBe(64);
    expect(JSON.parse((await podstrap('explain --schema --kind fleet')).stdout)).toEqual(fleetJsonSchema());
  });

  test('of a field that there is not asks whether another one was meant', async () => {
    const { code, stderr } = await podstrap('explain spec.etdc');
    expect([code, stderr]).toEqual([64, expect.stringContaining('did you mean "etcd"?')]);
  });
});

describe('completion, in the shell itself', () => {
  const folder = join(directory, 'bin');
  mkdirSync(folder);
  writeFileSync(join(folder, 'podstrap'), `#!/bin/sh\nexec ${process.execPath} ${bin} "$@"\n`, {
    mode: 0o755,
  });
  const PATH = `${folder}${delimiter}${process.env['PATH']}`;
  const inShell = async (shell: string, script: string) => {
    const { code, stdout, stderr } = await runCommand(shell, ['-c', script], {
      directory,
      environment: { PATH },
    });
    expect([code, stderr]).toEqual([0, '']);
    return stdout.trim().split('\n');
  };
  // As bash itself does it when Tab is pressed behind LINE; sourced twice, as a start-up file may be.
  const bash = (line: string) =>
    inShell(
      'bash',
      `source <(podstrap completion bash); source <(podstrap completion bash)
      compopt() { echo "compopt $*"; }
      COMP_LINE='${line}' COMP_POINT=${line.length}; _podstrap; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );

  test('bash', async () => {
    expect(await bash('podstrap reset c')).toEqual(['compopt +o default', 'cp-1']);
    expect(await bash('podstrap history show ')).toEqual(['compopt +o default', '2026-01-01-a']);
    expect(await bash('podstrap up --plan ')).toEqual(['']);
    expect(await bash('podstrap reset $(touch$IFS.run-by-tab) ')).not.toContain('.run-by-tab');
    expect(await inShell('bash', 'ls -A')).not.toContain('.run-by-tab');
  });

  test('zsh reads it', () =>
    inShell(
      'zsh',
      'autoload -U compinit; compinit -u; source <(podstrap completion zsh); whence -w _podstrap',
    ));

  test('fish', async () => {
    const told = await inShell('fish', 'podstrap completion fish | source; complete -C "podstrap reset c"');
    expect(told).toEqual(['cp-1']);
  });
});
