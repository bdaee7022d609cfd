import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it, test } from 'vitest';
import { judgeCis } from '../../src/check/cis/check-cis.js';
import { cisChecks } from '../../src/check/cis/cis-checks.js';
import { type CisFacts, type CisFile, readFacts } from '../../src/check/cis/cis-facts.js';
import { paths } from '../../src/host/paths.js';
import { readFlag } from '../../src/kubernetes/flags.js';
import { components } from '../../src/kubernetes/pod-names.js';
import { reveal } from '../../src/secret.js';
import { desiredOf, hostOf, madeEarlier } from '../desired/desired-of.js';
import { controlPlane, inventoryOf, type SpecText, worker } from '../desired/inventory-of.js';

type Given = Omit<SpecText, 'kubernetesVersion' | 'hosts'>;
const inventoryWith = (spec: Given) =>
  inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), worker(1)], ...spec });

/** What is found on a host that has what it should have. */
function factsOf(spec: Given, host: string, isNew = true): CisFacts {
  const inventory = inventoryWith(spec);
  const state = desiredOf(inventory, isNew ? {} : { settled: madeEarlier(inventory) });
  const files = new Map<string, CisFile>();
  const texts = new Map<string, string>();
  for (const one of hostOf(state, host).resources) {
    if (!('path' in one) || !('mode' in one)) continue;
    const owner = one.kind === 'directory' && one.owner !== undefined ? 'etcd:etcd' : 'root:root';
    files.set(one.path, { path: one.path, mode: one.mode, owner });
    if (one.kind === 'certificate' && one.key !== undefined)
      files.set(one.key.path, { path: one.key.path, mode: one.key.mode, owner: 'root:root' });
    if ('content' in one) texts.set(one.path, reveal(one.content));
  }
  const commandOf = (name: string) => {
    const pod = load(texts.get(`${paths.manifests}/${name}.yaml`) ?? 'null') as {
      spec: { containers: { command: string[] }[] };
    } | null;
    return pod === null ? undefined : pod.spec.containers[0]!.command.slice(1).map(readFlag);
  };
  return {
    files,
    cni: [{ path: '/var/lib/cni/networks/podstrap/10.244.0.2', mode: 0o644, owner: 'root:root' }],
    pki: [...files.values()].filter(({ path }) => path.startsWith(paths.pki)),
    flags: new Map(
      components.flatMap((name) => {
        const flags = commandOf(name);
        return flags === undefined ? [] : [[name, flags] as const];
      }),
    ),
    kubelet: load(texts.get(paths.kubeletConfig)!) as Record<string, unknown>,
    kubeletFlags: [],
    kubeProxy: true,
  };
}

const judged = (spec: Given, host: string, isNew = true) => {
  const inventory = inventoryWith(spec);
  const results = judgeCis(
    inventory,
    inventory.spec.hosts.find(({ name }) => name === host)!,
    factsOf(spec, host, isNew),
  );
  const ids = (wanted: string) => results.filter(({ result }) => result === wanted).map(({ id }) => id);
  return { results, fail: ids('fail'), warn: ids('warn') };
};

describe('by the benchmark', () => {
  it('with profile cis nothing fails, and each warning is answered', () => {
    const plane = judged({ profile: 'cis' }, 'cp-1');
    expect(plane.fail).toEqual([]);
    expect(plane.warn).toEqual([
      ...['1.1.9', '1.2.1', '1.2.11', '1.2.20', '1.2.27', '1.2.28'],
      ...['3.1.1', '3.1.2', '3.1.3', '3.2.2', '4.1.3', '4.1.4'],
    ]);
    expect(plane.results.filter(({ said, answer }) => said !== undefined && answer === undefined)).toEqual(
      [],
    );
    expect(judged({ profile: 'cis' }, 'w-1')).toMatchObject({ fail: [], warn: ['4.1.3', '4.1.4'] });
  });

  it('a new cluster lacks what costs something, and one of an earlier podstrap also what does not', () => {
    expect(judged({}, 'cp-1').fail).toEqual(['1.1.12', '1.2.16', '1.2.17', '1.2.18', '1.2.19', '1.2.30']);
    expect(judged({}, 'w-1').fail).toEqual([]);
    const more = ['1.2.15', '1.3.2', '1.4.1', '4.1.1', '4.1.9'];
    expect(judged({}, 'cp-1', false).fail).toEqual(
      expect.arrayContaining([...judged({}, 'cp-1').fail, ...more]),
    );
    expect(judged({}, 'w-1', false).fail).toEqual(['4.1.1', '4.1.9']);
  });

  it.each([
    ['1.1.1', { files: new Map() }],
    ['1.1.19', { pki: [{ path: '/etc/kubernetes/pki/a.key', mode: 0o600, owner: 'etcd:etcd' }] }],
    ['1.2.6', { flags: new Map([['kube-apiserver', [readFlag('--authorization-mode=AlwaysAllow,RBAC')]]]) }],
    ['2.2', { flags: new Map([['etcd', [readFlag('--client-cert-auth=false')]]]) }],
    ['4.2.1', { kubelet: {} }],
    ['4.2.1', { kubeletFlags: [readFlag('--anonymous-auth=true')] }],
    ['4.3.1', { kubeProxy: false }],
  ] as const)('%s fails of a host that differs', (id, over) => {
    const inventory = inventoryWith({ profile: 'cis' });
    const facts = { ...factsOf({ profile: 'cis' }, 'cp-1'), ...over } as CisFacts;
    const [found] = judgeCis(inventory, inventory.spec.hosts[0]!, facts).filter((one) => one.id === id);
    expect(found?.result).toBe('fail');
  });

  test('modes are judged bit by bit', () => {
    const facts = factsOf({ profile: 'cis' }, 'w-1');
    const of = (mode: number) => {
      const files = new Map(facts.files).set(paths.kubeletConfig, {
        path: paths.kubeletConfig,
        mode,
        owner: 'root:root',
      });
      const inventory = inventoryWith({ profile: 'cis' });
      return judgeCis(inventory, inventory.spec.hosts[1]!, { ...facts, files }).find(
        ({ id }) => id === '4.1.9',
      )?.result;
    };
    expect([0o600, 0o400, 0o640, 0o777, 0o2600].map(of)).toEqual(['pass', 'pass', 'fail', 'fail', 'fail']);
  });
});

test('the numbers are the benchmark’s: 65 checks are scored, and each is there once', () => {
  const ids = cisChecks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(cisChecks.filter(({ scored }) => scored)).toHaveLength(65);
});

test('docs/hardening.md has each answer', () => {
  const page = readFileSync(new URL('../../docs/hardening.md', import.meta.url), 'utf8');
  for (const { id, answer } of cisChecks)
    if (answer !== undefined) expect(page).toContain(`| ${id} | ${answer} |`);
});

describe('what a host tells', () => {
  const told = (over: Record<string, readonly string[]>) =>
    new Map(Object.entries({ proxy: ['root '], ...over }));

  it('is read by number, and by name', () => {
    const { files } = readFacts(
      told({ files: ['700 0:0 root:root /etc/a', '600 998:997 etcd:etcd /var/lib/etcd'] }),
    );
    expect(files.get('/etc/a')).toEqual({ path: '/etc/a', mode: 0o700, owner: 'root:root' });
    expect(files.get('/var/lib/etcd')?.owner).toBe('etcd:etcd');
  });

  it.each([[{ files: ['nonsense'] }], [{ kubelet: ['{ ['] }], [{ etcd: ['a: [', 'b'] }]])(
    'is refused where it is none: %j',
    (over) => {
      expect(() => readFacts(told(over))).toThrow();
    },
  );
});
