import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { desired } from '../../src/desired/desired.js';
import type { DesiredInput } from '../../src/desired/desired-input.js';
import type { DesiredHost, FileResource, Resource } from '../../src/desired/resource.js';
import { settledAtBirth } from '../../src/desired/settled.js';
import { defaultTraits } from '../../src/desired/traits.js';
import { optionalCaDirectories } from '../../src/host/ca-directories.js';
import { release } from '../../src/kubernetes/versions.js';
import { reveal } from '../../src/secret.js';
import { leftOutUnless } from '../programs/needing.js';
import { documentDifferences, factDifferences, manifestDifferences } from './differences.js';
import { fakeKeys } from './fake-keys.js';
import { inventoryOf } from './inventory-of.js';
import { findKubeadm, imagesOf, kubeadmFiles, versionOf, type Written } from './kubeadm.js';
import { type Scenario, scenarios } from './kubeadm-scenarios.js';

const kubeadm = findKubeadm();
const version = kubeadm === undefined ? 'v1.36.3' : versionOf(kubeadm);
const found = new Set<string>();

leftOutUnless(kubeadm !== undefined, 'no kubeadm: neither $KUBEADM nor a built lab').describe(
  `against kubeadm ${version}`,
  () => {
    test('the table of versions names the images that it lists', () => {
      const { etcd, coredns, pause } = release(version).tags;
      const others = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];
      const names = [
        ...others.map((name) => `${name}:${version}`),
        `coredns/coredns:${coredns}`,
        `pause:${pause}`,
      ];
      const listed = imagesOf(kubeadm!, version);
      const own = documented.includes('etcd: container.image')
        ? listed.at(-1)!
        : `registry.k8s.io/etcd:${etcd}`;
      expect(own).toMatch(/\/etcd:/);
      expect(listed).toEqual([...names.map((name) => `registry.k8s.io/${name}`), own]);
    });

    test.each(scenarios)('with $sentence, every difference is a documented one', (scenario) => {
      const differences = differencesOf(scenario);
      expect(differences.filter((difference) => !documented.includes(difference))).toEqual([]);
      for (const difference of differences) found.add(difference);
    });

    test('with all that hardens a new cluster off, there is no difference because of it', () => {
      const hosts = [{ name: 'cp-1', address: '10.0.0.11', roles: ['control-plane' as const] }];
      const off = {
        hardening: { profiling: false, privateFiles: false },
        authentication: { anonymous: 'all' as const },
      };
      const given = { sentence: '', certificates: true };
      const without = differencesOf({ ...given, spec: { hosts, ...off } });
      const because = differencesOf({ ...given, spec: { hosts } }).filter((one) => !without.includes(one));
      expect([...because].sort()).toEqual([
        'file /etc/kubernetes/hardening/authentication.yaml',
        'kube-apiserver: flag --authentication-config',
        'kube-apiserver: flag --profiling',
        'kube-apiserver: mount /etc/kubernetes/hardening',
        'kube-apiserver: volume etc-kubernetes-hardening',
        'kube-controller-manager: flag --profiling',
        'kube-scheduler: flag --profiling',
        'kubelet: mode of config.yaml',
      ]);
    });

    test('every documented difference is there', () => {
      expect(documented.filter((difference) => !found.has(difference))).toEqual([]);
    });
  },
);

/** First cells of the tables in the docs that are about this version: `all`, or a list of minor versions. */
const documented = readFileSync(new URL('../../docs/differences-from-kubeadm.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, difference, versions] = /^\| `([^`]+)` \| ([^|]+) \|/.exec(line) ?? [];
    if (difference === undefined || versions === undefined) return [];
    const named =
      versions.trim() === 'all' ||
      versions.split(',').some((minor) => version.startsWith(`v${minor.trim()}.`));
    return named ? [difference] : [];
  });

function differencesOf(scenario: Scenario): readonly string[] {
  const inventory = inventoryOf({ ...scenario.spec, kubernetesVersion: version }, scenario.patches);
  const [host] = inventory.spec.hosts;
  const input: DesiredInput = {
    inventory,
    keys: fakeKeys(inventory.spec.hosts, scenario),
    artifacts: [],
    settled: settledAtBirth(inventory, 'test'),
    traits: {
      [host!.name]: {
        ...defaultTraits(host!),
        hostname: hostname(),
        caDirectories: optionalCaDirectories.filter((path) => scenario.directories?.includes(path)),
      },
    },
  };
  const theirs = kubeadmFiles(kubeadm!, { ...scenario, input });
  const [ours] = desired(input).hosts;
  return [
    ...manifests(theirs, ours!),
    ...configurationMode(theirs, ours!),
    ...kubelet(theirs, ours!),
    ...(scenario.certificates ? [...files(theirs, ours!), ...kubeconfigs(theirs, ours!)] : []),
  ];
}

const manifests = (theirs: ReadonlyMap<string, Written>, { resources }: DesiredHost): readonly string[] =>
  resources.flatMap((resource) =>
    resource.kind === 'static-pod'
      ? manifestDifferences(theirs.get(resource.path)!.content, resource.content)
      : [],
  );

function kubelet(theirs: ReadonlyMap<string, Written>, host: DesiredHost): readonly string[] {
  const config = documentDifferences(
    load(theirs.get('/kubelet/config.yaml')!.content),
    load(contentOf(host, '/var/lib/kubelet/config.yaml')),
  );
  const flags = factDifferences(
    flagsIn(theirs.get('/kubelet/kubeadm-flags.env')!.content),
    // kubeadm names these two in its package's drop-in.
    flagsIn(contentOf(host, '/etc/systemd/system/kubelet.service'), ['--config', '--kubeconfig']),
  );
  return [...config.map((path) => `kubelet: ${path}`), ...flags.map((flag) => `kubelet: flag ${flag}`)];
}

/** Mode of the kubelet's configuration. */
const configurationMode = (
  theirs: ReadonlyMap<string, Written>,
  { resources }: DesiredHost,
): readonly string[] => {
  const [own] = resources
    .filter((one) => 'path' in one && one.path === '/var/lib/kubelet/config.yaml')
    .flatMap(modes);
  return theirs.get('/kubelet/config.yaml')!.mode === own![1] ? [] : ['kubelet: mode of config.yaml'];
};

const flagsIn = (text: string, except: readonly string[] = []): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/(--[a-z-]+)=([^\s"]*)/g)]
      .map(([, name, value]) => [name!, value!] as const)
      .filter(([name]) => !except.includes(name)),
  );

const contentOf = ({ resources }: DesiredHost, path: string): string =>
  reveal(
    resources.find(
      (resource): resource is FileResource => resource.kind === 'file' && resource.path === path,
    )!.content,
  );

/** Files below /etc/kubernetes that only one of the two has, or that have another mode. */
function files(theirs: ReadonlyMap<string, Written>, { resources }: DesiredHost): readonly string[] {
  const belongs = ([path]: readonly [string, number]) => path.startsWith('/etc/kubernetes/');
  const kubeadms = [...theirs].map(([path, { mode }]) => [path, mode] as const).filter(belongs);
  const podstraps = resources.flatMap(modes).filter(belongs);
  return factDifferences(new Map(kubeadms), new Map(podstraps)).map((path) => `file ${path}`);
}

function modes(resource: Resource): readonly (readonly [string, number])[] {
  switch (resource.kind) {
    case 'file':
    case 'static-pod':
      return [[resource.path, resource.mode]];
    case 'certificate':
      return [
        [resource.path, resource.mode],
        ...(resource.key ? [[resource.key.path, resource.key.mode] as const] : []),
      ];
    default:
      return [];
  }
}

/** Kubeconfigs compared in everything but the credentials themselves. */
function kubeconfigs(theirs: ReadonlyMap<string, Written>, host: DesiredHost): readonly string[] {
  const shape = (text: string) => load(text.replace(/(-data:).*/g, '$1 data'));
  return ['admin', 'controller-manager', 'kubelet', 'scheduler'].flatMap((name) => {
    const path = `/etc/kubernetes/${name}.conf`;
    const differences = documentDifferences(shape(theirs.get(path)!.content), shape(contentOf(host, path)));
    return differences.map((difference) => `${name}.conf: ${difference}`);
  });
}
