import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { baselinePolicy } from '../../src/desired/hardening/audit-policy.js';
import { hardeningPlaces } from '../../src/desired/hardening/places.js';
import type { CertificateResource } from '../../src/desired/resource.js';
import { defaultTraits } from '../../src/desired/traits.js';
import { paths } from '../../src/host/paths.js';
import { judgeAuditPolicy } from '../../src/inventory/hardening/judge-audit-policy.js';
import { rowNames, rowOf } from '../../src/inventory/hardening/rows.js';
import { flagsOf } from '../../src/kubernetes/known.js';
import { desiredOf, hostOf, madeEarlier, podOf, resourceAt, textOf } from './desired-of.js';
import { controlPlane, inventoryOf, type SpecText, worker } from './inventory-of.js';

const hosts = [controlPlane(1), worker(1)];
const madeOf = (spec: Omit<SpecText, 'kubernetesVersion' | 'hosts'>) =>
  desiredOf(inventoryOf({ kubernetesVersion: 'v1.36.3', hosts, ...spec }));
const server = (spec: Parameters<typeof madeOf>[0]) => podOf(madeOf(spec), 'cp-1', 'kube-apiserver').content;
const off = {
  hardening: { profiling: false, privateFiles: false },
  authentication: { anonymous: 'all' as const },
};

describe('what hardens a cluster', () => {
  it('is nothing where all of it is off: the same as an earlier podstrap made', () => {
    const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts });
    const earlier = desiredOf(inventory, { settled: madeEarlier(inventory) });
    const withoutRecord = (state: ReturnType<typeof desiredOf>) =>
      ['cp-1', 'w-1'].map((host) =>
        hostOf(state, host).resources.filter((one) => !('path' in one) || one.path !== paths.clusterRecord),
      );
    expect(withoutRecord(madeOf(off))).toEqual(withoutRecord(earlier));
  });

  it('gives way to what a user says of the same', () => {
    const own = server({ apiServer: { extraArgs: [{ name: 'profiling', value: 'true' }] } });
    expect(own.match(/--profiling=\w+/g)).toEqual(['--profiling=true']);
    const list = server({
      profile: 'cis',
      apiServer: { extraArgs: [{ name: 'audit-log-maxage', value: '60' }] },
    });
    expect(list.match(/--audit-log-maxage=\w+/g)).toEqual(['--audit-log-maxage=60']);
  });

  it.each([
    ['oidc-issuer-url', 'https://issuer.example.com'],
    ['authentication-config', '/etc/kubernetes/auth/own.yaml'],
    ['anonymous-auth', 'false'],
  ])('its defaults never stand beside %s, with which an API server would not start', (name, value) => {
    const text = server({ apiServer: { extraArgs: [{ name, value }] } });
    expect(text).not.toContain(hardeningPlaces.authentication);
    expect(text).toContain(`--${name}=${value}`);
  });

  it('has issuers and health in one file, which is mounted', () => {
    const state = madeOf({
      authentication: {
        jwt: [
          {
            issuer: { url: 'https://issuer.example.com', audiences: ['kubernetes'] },
            claimMappings: { username: { claim: 'sub', prefix: '' } },
          },
        ],
      },
    });
    expect(load(textOf(state, 'cp-1', hardeningPlaces.authentication))).toMatchObject({
      apiVersion: 'apiserver.config.k8s.io/v1',
      anonymous: { conditions: [{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }] },
      jwt: [{ issuer: { url: 'https://issuer.example.com' } }],
    });
    const { content } = podOf(state, 'cp-1', 'kube-apiserver');
    expect(content).toContain(`mountPath: ${hardeningPlaces.folder}`);
    expect(resourceAt(state, 'w-1', hardeningPlaces.authentication)).toBeUndefined();
  });

  it('has an audit policy that API servers take, and no flag without it', () => {
    expect(judgeAuditPolicy(baselinePolicy)).toBeUndefined();
    expect(server({})).not.toContain('audit');
    const text = server({ audit: { policy: 'baseline', maxAge: 7 } });
    expect(text).toContain('--audit-log-maxage=7');
    expect(text).toContain(`--audit-log-path=${hardeningPlaces.auditLog}`);
    expect(resourceAt(madeOf({ profile: 'cis' }), 'cp-1', hardeningPlaces.auditFolder)).toMatchObject({
      mode: 0o700,
    });
    expect(server({ profile: 'cis', audit: { policy: 'off' } })).not.toContain('audit');
  });

  it('of secrets, and of what is like them, notes no body', () => {
    const { rules } = load(baselinePolicy) as {
      rules: { level: string; resources?: { group: string; resources?: string[] }[] }[];
    };
    const first = rules.find(
      ({ level, resources = [] }) =>
        level !== 'None' && resources.some((one) => one.resources?.includes('secrets') ?? one.group === ''),
    );
    expect(first?.level).toBe('Metadata');
  });

  it('exempts the namespaces of addons from Pod Security', () => {
    const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts, profile: 'cis' });
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-flannel' } };
    const addon = {
      name: 'flannel',
      network: true,
      installs: [],
      objects: [{ addon: 'flannel', place: 'flannel.yaml:1', object }],
    };
    const text = textOf(desiredOf({ ...inventory, addons: [addon] }), 'cp-1', hardeningPlaces.admission);
    expect(text).toMatch(/namespaces:\n\s+- kube-system\n\s+- kube-flannel\n/);
  });

  describe('with a user of etcd’s own', () => {
    const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts, hardening: { etcdUser: true } });
    const ids = { uid: 115, gid: 121 };
    const traits = { 'cp-1': { ...defaultTraits({ name: 'cp-1' }), etcdUser: ids } };
    const state = desiredOf(inventory, { traits });
    const at = (path: string) => resourceAt(state, 'cp-1', path);

    it('runs etcd as the user that the host has, and as the first id where nobody looked', () => {
      expect(load(podOf(state, 'cp-1', 'etcd').content)).toMatchObject({
        spec: { securityContext: { runAsUser: 115, runAsGroup: 121, runAsNonRoot: true } },
      });
      expect(podOf(desiredOf(inventory), 'cp-1', 'etcd').content).toContain('runAsUser: 760');
    });

    it('gives that user the data and the keys that it reads, and nothing below the folder of certificates', () => {
      expect(at('/var/lib/etcd')).toMatchObject({ owner: ids, mode: 0o700 });
      for (const name of ['server', 'peer']) {
        const { pem } = at(`${paths.pki}/etcd/${name}.crt`) as CertificateResource;
        expect(at(`${paths.etcdPairs}/${name}.crt`)).toMatchObject({
          pem,
          key: { path: `${paths.etcdPairs}/${name}.key`, mode: 0o600, owner: ids },
        });
      }
      const owned = hostOf(state, 'cp-1').resources.filter(
        (one) => ('owner' in one && one.owner) || (one.kind === 'certificate' && one.key?.owner),
      );
      expect(owned.flatMap((one) => ('path' in one ? [one.path] : []))).toEqual([
        '/var/lib/etcd',
        `${paths.etcdPairs}/server.crt`,
        `${paths.etcdPairs}/peer.crt`,
      ]);
      // Whoever may write to the folder decides what root writes to.
      expect(at(paths.etcdPairs)).not.toHaveProperty('owner');
      const { content } = podOf(state, 'cp-1', 'etcd');
      expect(content.match(/--(peer-)?(cert|key)-file=\S+/g)?.sort()).toEqual([
        `--cert-file=${paths.etcdPairs}/server.crt`,
        `--key-file=${paths.etcdPairs}/server.key`,
        `--peer-cert-file=${paths.etcdPairs}/peer.crt`,
        `--peer-key-file=${paths.etcdPairs}/peer.key`,
      ]);
    });

    it('has systemd-sysusers make it, with the group that is there', () => {
      expect(textOf(state, 'cp-1', paths.etcdUser)).toBe('u etcd 115:121 "etcd of Kubernetes"\n');
      expect(textOf(desiredOf(inventory), 'cp-1', paths.etcdUser)).toMatch(/^u etcd 760 /);
      expect(resourceAt(state, 'w-1', paths.etcdUser)).toBeUndefined();
    });

    it('is part of cis, and of no cluster that does not ask for it', () => {
      expect(podOf(madeOf({ profile: 'cis' }), 'cp-1', 'etcd').content).toContain('runAsUser: 760');
      expect(podOf(madeOf({}), 'cp-1', 'etcd').content).not.toContain('runAsUser');
      expect(
        podOf(madeOf({ profile: 'cis', hardening: { etcdUser: false } }), 'cp-1', 'etcd').content,
      ).not.toContain('runAsUser');
    });
  });

  it('has each row in docs/hardening.md', () => {
    const page = readFileSync(new URL('../../docs/hardening.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => /^\| `\w+` \| (`|–)/.test(line));
    expect(rows).toEqual(
      rowNames.map((name) => {
        const { profile, does, because, cis } = rowOf(name);
        const cells = [`\`${name}\``, profile === 'none' ? '–' : `\`${profile}\``, does, because];
        return `| ${[...cells, cis.join(', ') || '–'].join(' | ')} |`;
      }),
    );
  });

  it('sets only flags that every supported release knows', () => {
    const known = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
    const unknown = rowNames.flatMap((name) =>
      known.flatMap((component) =>
        (rowOf(name).flags?.[component] ?? []).filter(
          (flag) => ![34, 35, 36, 37].every((minor) => flagsOf(component, minor).has(flag.name)),
        ),
      ),
    );
    expect(unknown).toEqual([]);
  });

  it('has the kernel’s values of protectKernelDefaults before the kubelet asks for them', () => {
    const { resources } = hostOf(madeOf({ hardening: { protectKernelDefaults: true } }), 'w-1');
    const sysctls = resources.flatMap((one) => (one.kind === 'sysctl' ? [`${one.name}=${one.value}`] : []));
    expect(sysctls).toContain('vm.panic_on_oom=0');
    expect(sysctls).toContain('kernel.keys.root_maxbytes=25000000');
    expect(textOf(madeOf({ profile: 'cis' }), 'w-1', paths.kubeletConfig)).not.toContain(
      'protectKernelDefaults',
    );
  });
});
