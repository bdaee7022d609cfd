import { expect, test } from 'vitest';
import type { ManifestPatch } from '../../src/inventory/inventory.js';
import { nothingYet } from '../../src/observed/views/api-view.js';
import { originsIn } from '../../src/plan/diff/origins.js';
import { makePlan } from '../../src/plan/make-plan.js';
import { digestOf } from '../../src/secrets/digest.js';
import { desiredOf, hostOf } from '../desired/desired-of.js';
import { controlPlane, inventoryOf, type SpecText } from '../desired/inventory-of.js';
import { bareFacts } from './facts-of.js';

const given: SpecText = { kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] };
const manifest = (name: string) => `/etc/kubernetes/manifests/${name}.yaml`;
const contentOf = (spec: SpecText, path: string, patches: readonly ManifestPatch[] = []): string => {
  const found = hostOf(desiredOf(inventoryOf(spec, patches)), 'cp-1').resources.find(
    (resource) => 'path' in resource && resource.path === path,
  );
  return String((found as { content: unknown }).content);
};

/** The reason of the one step about `path`, where the host has `observed` and podstrap wrote `last`. */
function reasonOf(
  path: string,
  observed: string,
  spec: SpecText,
  last: string | undefined,
  patches: readonly ManifestPatch[] = [],
): string | undefined {
  const inventory = inventoryOf(spec, patches);
  const file = { path, type: 'file', mode: 0o600, uid: 0, gid: 0, size: 1 } as const;
  const facts = bareFacts('cp-1', {
    files: { [path]: { ...file, sha256: digestOf(observed), content: observed } },
    applied: last === undefined ? {} : { [path]: digestOf(last) },
  });
  const { steps } = makePlan({
    inventory,
    situation: { kind: 'new' },
    desired: { ...desiredOf(inventory), objects: [] },
    facts: new Map([['cp-1', facts]]),
    arrivals: new Map(),
    etcd: undefined,
    api: nothingYet,
    markerOf: () => '/marker',
    judge: () => [],
    origins: originsIn(inventory),
  });
  return steps.find(({ action }) => 'path' in action && action.path === path)?.reason;
}

const api = manifest('kube-apiserver');
const before = contentOf(given, api);
const flag = {
  apiServer: {
    extraArgs: [
      { name: 'v', value: '2' },
      { name: 'event-ttl', value: '4h' },
    ],
  },
};
const patch: ManifestPatch = {
  target: 'kube-apiserver',
  type: 'merge',
  file: '/inventory/patches/kube-apiserver+merge.yaml',
  content: { spec: { priority: 7 } },
};
const kubelet = '/var/lib/kubelet/config.yaml';
const containerd = '/etc/containerd/config.toml';

test.each<readonly [string, string | undefined, string]>([
  [
    'a flag of the inventory',
    reasonOf(api, before, { ...given, ...flag }, before),
    'spec.apiServer.extraArgs[0]: spec.apiServer.extraArgs[0] (--v); spec.apiServer.extraArgs[1]: spec.apiServer.extraArgs[1] (--event-ttl)',
  ],
  [
    'a flag that the inventory no longer has',
    reasonOf(api, contentOf({ ...given, ...flag }, api), given, contentOf({ ...given, ...flag }, api)),
    '--v is not asked for; --event-ttl is not asked for',
  ],
  ['an edited file', reasonOf(api, `${before}# by hand\n`, given, before), 'edited on the host'],
  [
    'an edited file, and a flag of the inventory',
    reasonOf(
      api,
      `${before}# by hand\n`,
      { ...given, apiServer: { extraArgs: [{ name: 'v', value: '2' }] } },
      before,
    ),
    'edited on the host; spec.apiServer.extraArgs[0]: spec.apiServer.extraArgs[0] (--v)',
  ],
  [
    'a file of which nobody knows what podstrap wrote',
    reasonOf(api, `${before}# by hand\n`, given, undefined),
    'its content differs',
  ],
  [
    'a version',
    reasonOf(api, contentOf({ ...given, kubernetesVersion: 'v1.36.2' }, api), given, undefined),
    'spec.kubernetesVersion: spec.kubernetesVersion',
  ],
  [
    'a variable',
    reasonOf(api, before, { ...given, apiServer: { extraEnvs: [{ name: 'GOGC', value: '50' }] } }, before),
    'spec.apiServer.extraEnvs[0]: spec.apiServer.extraEnvs[0]',
  ],
  ['a patch', reasonOf(api, before, given, before, [patch]), `the patch ${patch.file}`],
  [
    'a setting of the kubelet',
    reasonOf(
      kubelet,
      contentOf(given, kubelet),
      { ...given, kubelet: { config: { maxPods: 7 } } },
      undefined,
    ),
    'spec.kubelet.config.maxPods: spec.kubelet.config.maxPods',
  ],
  [
    'a setting of containerd',
    reasonOf(
      containerd,
      contentOf(given, containerd),
      { ...given, containerd: { config: { debug: { level: 'warn' } } } },
      undefined,
    ),
    'spec.containerd.config.debug.level: spec.containerd.config.debug.level',
  ],
  [
    'a file that is read at the start',
    reasonOf(
      api,
      before.replace(/revision: .*/, 'revision: 0123456789ab'),
      given,
      before.replace(/revision: .*/, 'revision: 0123456789ab'),
    ),
    'a file that it reads only when it starts changes',
  ],
])('%s', (_what, reason, expected) => {
  expect(reason).toBe(expected);
});

test('what a profile, or a row of it, brings is told as that', () => {
  const places = reasonOf(api, before, { ...given, profile: 'cis' }, before);
  expect(places).toBe('spec.profile: spec.profile');
  const row = reasonOf(api, before, { ...given, hardening: { tokenExpiry: true } }, before);
  expect(row).toBe('spec.hardening.tokenExpiry: spec.hardening.tokenExpiry');
  const audit = reasonOf(api, before, { ...given, audit: { policy: 'baseline' } }, before);
  expect(audit).toBe('spec.audit.policy: spec.audit.policy');
  const config = '/var/lib/kubelet/config.yaml';
  const kubelet = reasonOf(
    config,
    contentOf(given, config),
    { ...given, profile: 'cis' },
    contentOf(given, config),
  );
  expect(kubelet).toBe('spec.profile: spec.profile');
});
