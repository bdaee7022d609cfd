import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FlagOwner, flagOwners } from '../../src/kubernetes/flag-owners.js';
import type { Program } from '../../src/kubernetes/removals.js';
import { complaintsAbout, documentWith, problemsOf } from './sample.js';

const templates = new URL('../../templates/', import.meta.url);
const goldens = new URL('../desired/goldens/', import.meta.url);
const read = (name: string, directory: URL): string => readFileSync(new URL(name, directory), 'utf8');

/** Every flag that a template can render, whatever its conditions say. */
const flagsIn = (template: string): readonly string[] =>
  [...template.matchAll(/^\s*- (?:--([a-z0-9-]+)=|\{\{flag "([a-z0-9-]+)")/gm)].map(
    ([, plain, filled]) => (plain ?? filled)!,
  );

/** Those of kubelets are made by code: what the goldens of all releases have of them. */
const kubeletFlags = [
  ...new Set(
    readdirSync(goldens)
      .flatMap(
        (name) => read(name, goldens).match(/ExecStart=\/usr\/local\/bin\/kubelet[\s\S]*?\nRestart=/g) ?? [],
      )
      .flatMap((start) => [...start.matchAll(/^\s*"?--([a-z0-9-]+)=/gm)].map(([, name]) => name!)),
  ),
].filter((name) => name !== 'v');

const rendered: Readonly<Record<Program, readonly string[]>> = {
  etcd: flagsIn(read('etcd.yaml.hbs', templates)),
  'kube-apiserver': flagsIn(read('kube-apiserver.yaml.hbs', templates)),
  'kube-controller-manager': flagsIn(read('kube-controller-manager.yaml.hbs', templates)),
  'kube-scheduler': flagsIn(read('kube-scheduler.yaml.hbs', templates)),
  kubelet: kubeletFlags,
};

/** Where the flags of a program stand in an inventory. */
const given: Readonly<Record<Program, (component: object) => Record<string, unknown>>> = {
  etcd: (local) => ({ etcd: { local } }),
  'kube-apiserver': (apiServer) => ({ apiServer }),
  'kube-controller-manager': (controllerManager) => ({ controllerManager }),
  'kube-scheduler': (scheduler) => ({ scheduler }),
  kubelet: (kubelet) => ({ kubelet }),
};
const programs = Object.keys(rendered) as Program[];
const owned = programs.flatMap((program) =>
  Object.entries(flagOwners[program]).map(([flag, owner]) => [program, flag, owner] as const),
);

describe.each(programs)('%s', (program) => {
  test('every flag that podstrap renders has an owner, or is free for a reason', () => {
    expect(rendered[program].length).toBeGreaterThan(2);
    expect(rendered[program].filter((flag) => !(flag in flagOwners[program]))).toEqual([]);
  });

  test('what is called free is rendered: of all others nothing needs to be said', () => {
    const free = Object.entries(flagOwners[program]).filter(([, owner]) => 'free' in owner);
    expect(free.map(([flag]) => flag).filter((flag) => !rendered[program].includes(flag))).toEqual([]);
    for (const [, owner] of free) expect((owner as { free: string }).free.length).toBeGreaterThan(20);
  });
});

const isOwned = (owner: FlagOwner): owner is Extract<FlagOwner, { instead: string }> => 'instead' in owner;

test.each(owned)('%s --%s is refused with what to write instead, or let through', (program, flag, owner) => {
  const document = documentWith(given[program]({ extraArgs: [{ name: flag, value: 'x' }] }));
  const found = problemsOf(document).filter(({ path }) => path.endsWith('extraArgs[0].name'));
  if (!isOwned(owner)) return expect(found).toEqual([]);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ found: `podstrap sets the flag ${flag} itself`, severity: 'error' });
  expect(found[0]!.expected).toContain(owner.instead);
  expect(found[0]!.line).toBeGreaterThan(1);
});

test('underscores are dashes', () => {
  expect(
    complaintsAbout(documentWith({ apiServer: { extraArgs: [{ name: 'secure_port', value: '1' }] } })).join(),
  ).toContain('secure_port');
});

test('a host’s own kubelet is asked as well', () => {
  const kubelet = { extraArgs: [{ name: 'hostname-override', value: 'x' }] };
  const hosts = [{ name: 'cp-1', address: '192.0.2.1', roles: ['control-plane'], kubelet }];
  expect(complaintsAbout(documentWith({ hosts }))).toEqual([
    'spec.hosts[0].kubelet.extraArgs[0].name: podstrap sets the flag hostname-override itself',
  ]);
});

test.each([
  ['ETCD_WAL_DIR', 1],
  ['ETCD_DATA_DIR', 1],
  ['ETCD_QUOTA_BACKEND_BYTES', 0],
  ['GOGC', 0],
])('etcd’s variable %s is its flag', (name, complaints) => {
  const extraEnvs = [{ name, value: 'x' }];
  expect(complaintsAbout(documentWith({ etcd: { local: { extraEnvs } } }))).toHaveLength(complaints);
});

test('who has a network plugin of its own says who hands out networks', () => {
  const controllerManager = { extraArgs: [{ name: 'allocate-node-cidrs', value: 'false' }] };
  const networking = { plugin: 'none' };
  expect(complaintsAbout(documentWith({ controllerManager, networking }))).toEqual([]);
  expect(complaintsAbout(documentWith({ controllerManager }))).toHaveLength(1);
});
