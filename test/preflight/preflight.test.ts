import { describe, expect, test } from 'vitest';
import type { DesiredHost, Resource } from '../../src/desired/resource.js';
import type { HostFacts } from '../../src/observed/facts.js';
import type { Step } from '../../src/plan/step.js';
import { checks } from '../../src/preflight/checks.js';
import { preflight } from '../../src/preflight/preflight.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';
import { bareFacts } from '../plan/facts-of.js';

const hosts = [controlPlane(1), controlPlane(2), worker(1)];
const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts });

/** Findings of a run over bare hosts of which `changes` replaces facts, as `host: severity: text`. */
function find(
  changes: Readonly<Record<string, Partial<HostFacts>>>,
  steps: readonly Step[] = [],
  spec: object = {},
  wanted: readonly DesiredHost[] = [],
): readonly string[] {
  const asked =
    Object.keys(spec).length === 0
      ? inventory
      : inventoryOf({ kubernetesVersion: 'v1.36.3', hosts, ...spec });
  const facts = new Map(hosts.map(({ name }) => [name, bareFacts(name, changes[name])]));
  const { failures, warnings } = preflight(asked, facts, steps, { hosts: wanted });
  for (const failure of failures) {
    expect(failure.kind).toBe('preflight');
    expect(failure.next).toBeTruthy();
  }
  return [
    ...failures.map(({ where, said }) => `${where.host}: error: ${said}`),
    ...warnings.map(({ host, message }) => `${host}: warning: ${message}`),
  ];
}

/** Kubelets that look at no disk. */
const carefree = { kubelet: { config: { evictionHard: { 'memory.available': '100Mi' } } } };
const holds = (ref: string, ...layers: readonly string[]): Resource => ({
  kind: 'image',
  phase: 'images',
  because: 'a test',
  ref,
  digest: `sha256:${ref}`,
  blobs: layers.map((sha256) => ({ sha256, size: 400e6 })),
});
const sends = (ref: string): Step => ({
  host: 'cp-1',
  phase: 'images',
  action: { do: 'import-image', ref, digest: `sha256:${ref}`, size: 1 },
  reason: 'a test',
});

const listens = (port: number, by?: string) => ({ ports: [{ port, by }] });

test.each<readonly [string, Readonly<Record<string, Partial<HostFacts>>>, readonly RegExp[]]>([
  ['hosts that are as they should be', {}, []],
  ['no systemd', { 'cp-1': { systemd: false } }, [/^cp-1: error: systemd does not run this host/]],
  [
    'tools that are missing',
    { 'w-1': { missingTools: ['tar', 'stat'] } },
    [/^w-1: error: missing: tar, stat/],
  ],
  [
    'SELinux, before anything of the cluster is there',
    {
      'cp-1': { selinux: 'enforcing' },
      'cp-2': { selinux: 'enforcing', etcdData: true },
      'w-1': { selinux: 'permissive' },
    },
    [/^cp-1: warning: SELinux is enforcing/],
  ],
  ['one CPU', { 'cp-1': { cpus: 1 }, 'w-1': { cpus: 1 } }, [/^cp-1: warning: 1 CPU/]],
  ['little memory', { 'cp-1': { memory: 1e9 }, 'w-1': { memory: 1e9 } }, [/^cp-1: error: 1.0 GB of memory/]],
  [
    'a port in use, and by whom',
    { 'cp-1': listens(6443, 'haproxy') },
    [/^cp-1: error: port 6443 is in use by haproxy/],
  ],
  ['a port that only control planes use', { 'w-1': listens(2379) }, []],
  [
    'a port of a worker’s balancer',
    { 'w-1': listens(6444, 'nginx') },
    [/^w-1: error: port 6444 is in use by nginx$/],
  ],
  [
    'the kubelet’s port, by somebody who cannot be named',
    { 'w-1': listens(10250) },
    [/^w-1: error: port 10250 is in use$/],
  ],
  [
    'our own ports on a host that is ours',
    { 'cp-1': { ...listens(6443, 'kube-apiserver'), etcdData: true } },
    [],
  ],
  ['a clock far ahead', { 'cp-1': { clockOffset: 300 } }, [/^cp-1: error: its clock is 300 s ahead of/]],
  ['a clock somewhat behind', { 'cp-1': { clockOffset: -9.4 } }, [/^cp-1: warning: its clock is 9 s behind/]],
  [
    'one hostname twice',
    { 'cp-1': { hostname: 'localhost' }, 'cp-2': { hostname: 'localhost' } },
    [/^cp-1: warning: its hostname, localhost/, /^cp-2: warning: its hostname/],
  ],
  ['swap', { 'w-1': { swap: true } }, [/^w-1: error: swap is on/]],
  [
    'controllers that are turned off',
    { 'cp-1': { cgroupControllers: ['cpuset', 'cpu', 'io', 'pids'] } },
    [/^cp-1: error: the kernel lacks the cgroup controllers memory, or/],
  ],
  [
    'controllers that only cgroup v2 can do without',
    { 'w-1': { cgroup: 1, cgroupControllers: ['cpu', 'cpuset', 'memory'] } },
    [/^w-1: error: it uses cgroup v1/, /^w-1: error: the kernel lacks the cgroup controllers cpuacct, pids,/],
  ],
  [
    'modules that do not belong to the kernel that runs',
    { 'w-1': { missingModules: ['overlay', 'br_netfilter'] } },
    [/^w-1: error: the kernel has no overlay, br_netfilter$/],
  ],
  ['a kernel without seccomp', { 'cp-2': { seccomp: false } }, [/^cp-2: error: the kernel has no seccomp/]],
  ['a firewall', { 'w-1': { firewall: ['ufw.service'] } }, [/^w-1: warning: ufw.service is active/]],
  [
    'a resolver that pods cannot use',
    { 'w-1': { loopbackResolver: true } },
    [/^w-1: warning: its \/etc\/resolv.conf/],
  ],
  ['a resolver with a list behind it', { 'w-1': { loopbackResolver: true, resolvConf: '/run/x' } }, []],
])('%s', (_name, changes, expected) => {
  const found = find(changes);
  expect(found).toHaveLength(expected.length);
  for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
});

test('all problems of all hosts come together', () => {
  const found = find({
    'cp-1': { systemd: false, swap: true },
    'cp-2': { memory: 1e9 },
    'w-1': { swap: true },
  });
  expect(found.map((line) => line.split(':')[0])).toEqual(['cp-1', 'cp-1', 'cp-2', 'w-1']);
});

test('swap that the kubelet accepts is no problem', () => {
  expect(find({ 'w-1': { swap: true } }, [], { kubelet: { config: { failSwapOn: false } } })).toEqual([]);
});

describe('room is counted', () => {
  const binary = (size: number, sha256 = 'kubelet', path = '/usr/local/bin/kubelet'): Step => ({
    host: 'cp-1',
    phase: 'binaries',
    action: { do: 'install-binary', path, mode: 0o755, sha256, size },
    reason: 'a test',
  });
  const wanted = [{ host: 'cp-1', resources: [holds('x', 'shared', 'own'), holds('y', 'shared')] }];
  const apart = { '/usr/local': 1e9, '/opt': 1e9, '/var/lib': 50e9, '/var/lib/containerd': 2.5e9 };
  const said = (facts: Partial<HostFacts>, ...steps: readonly Step[]) =>
    find({ 'cp-1': facts }, steps, carefree, wanted).map((line) =>
      line.replace('cp-1: error: the file system ', ''),
    );

  test('for what will be sent, with what images need unpacked', () => {
    expect(said({ free: apart }, binary(400e6), sends('y'))).toEqual([]);
    expect(said({ free: apart }, binary(600e6), sends('x'))).toEqual([
      '/usr/local has 1.0 GB free, 1.1 GB needed: 0.6 GB for what is sent and unpacked there, and 0.5 GB to spare; the file system /var/lib/containerd has 2.5 GB free, 2.9 GB needed: 2.4 GB for what is sent and unpacked there, and 0.5 GB to spare',
    ]);
  });

  test('on that host alone', () => {
    expect(find({ 'cp-2': { free: apart } }, [binary(600e6), sends('x')], carefree, wanted)).toEqual([]);
  });

  test('once for a layer that two images share', () => {
    const free = { ...apart, '/var/lib/containerd': 3e9, '/var/lib': 1.4e9 };
    expect(said({ free }, sends('x'), sends('y'))).toEqual([]);
  });

  test('not for layers that containerd has', () => {
    const free = { ...apart, '/var/lib/containerd': 1.8e9, '/var/lib': 1e9 };
    expect(said({ free, content: ['own'] }, sends('x'), sends('y'))).toEqual([]);
    expect(said({ free }, sends('x'), sends('y'))).toHaveLength(1);
  });

  test('not where an earlier run left what comes', () => {
    const free = { ...apart, '/var/lib': 0.6e9 };
    expect(said({ free, incoming: { 'shared.part': 350e6 } }, sends('y'))).toEqual([]);
    expect(said({ free, incoming: { shared: 400e6 } }, sends('y'))).toEqual([]);
    expect(said({ free }, sends('y'))).toHaveLength(1);
  });

  test('once for a file that arrives on the disk it goes to, and again for its second name', () => {
    const mounts = { '/usr/local': '/', '/var/lib': '/' };
    const free = { '/usr/local': 1.2e9, '/var/lib': 1.2e9 };
    const second = binary(400e6, 'kubelet', '/usr/local/bin/other');
    expect(said({ mounts, free }, binary(400e6))).toEqual([]);
    expect(said({ mounts, free }, binary(400e6), second)).toEqual([
      '/ has 1.2 GB free, 1.3 GB needed: 0.8 GB for what is sent and unpacked there, and 0.5 GB to spare',
    ]);
    expect(said({ mounts, free, incoming: { kubelet: 400e6 } }, binary(400e6), second)).toEqual([]);
  });
});

describe('a data directory of etcd that holds what is somebody’s', () => {
  const strangers = { etcdStrangers: ['photos', 'backup.tar'] };

  test('is refused before its first use', () => {
    expect(find({ 'cp-1': strangers })).toEqual([
      'cp-1: error: /var/lib/etcd holds what is not etcd’s: photos, backup.tar',
    ]);
  });

  test('is refused where it is a link to a folder of the system, even an empty one', () => {
    expect(find({ 'cp-1': { etcdLeadsTo: '/mnt' }, 'w-1': { etcdLeadsTo: '/mnt' } })).toEqual([
      'cp-1: error: /var/lib/etcd leads to /mnt, in which other things are as well',
    ]);
    expect(find({ 'cp-1': { etcdLeadsTo: '/mnt', etcdData: true } })).toEqual([]);
    expect(find({ 'cp-1': { etcdLeadsTo: '/mnt/disk/etcd' } })).toEqual([]);
  });

  test('is only told where etcd lives in it, and does not matter on a worker', () => {
    expect(find({ 'cp-1': { ...strangers, etcdData: true }, 'w-1': strangers })).toEqual([
      expect.stringMatching(/^cp-1: warning: \/var\/lib\/etcd holds what is not etcd’s: photos, backup.tar/),
    ]);
  });
});

test('files of the user’s own count where they go, and where they arrive when that is another disk', () => {
  const file: Step = {
    host: 'cp-1',
    phase: 'binaries',
    action: { do: 'install-binary', path: '/srv/models/large', mode: 0o644, sha256: 'x', size: 2e9 },
    reason: 'a test',
  };
  const mounts = { '/usr/local': '/', '/var/lib': '/var', '/srv/models': '/srv', '/srv': '/' };
  const free = { '/usr/local': 1e9, '/var/lib': 2e9, '/srv/models': 1.5e9, '/srv': 1e9 };
  expect(find({ 'cp-1': { mounts, free } }, [file])).toEqual([
    'cp-1: error: the file system /var has 2.0 GB free, 2.5 GB needed: 2.0 GB for what is sent and unpacked there, and 0.5 GB to spare; the file system /srv has 1.5 GB free, 2.5 GB needed: 2.0 GB for what is sent and unpacked there, and 0.5 GB to spare',
  ]);
  expect(
    find({ 'cp-1': { mounts, free: { ...free, '/srv/models': 3e9, '/var/lib': 3e9 } } }, [file]),
  ).toEqual([]);
});

describe('a kubelet that would evict pods for want of room', () => {
  /** Of 100 GB on each file system, so much is free on those of the kubelet and of containerd. */
  const left = (kubelet: number, containerd: number, mounts?: Readonly<Record<string, string>>) => {
    const { free, mounts: apart } = bareFacts('cp-1');
    return {
      free: { ...free, '/var/lib/kubelet': kubelet, '/var/lib/containerd': containerd },
      mounts: { ...apart, ...mounts },
    };
  };
  const config = (evictionHard: object, more: object = {}) => ({
    kubelet: { config: { evictionHard, ...more } },
  });
  const said = (mount: string, free: string, limit: string, rule: string) =>
    `cp-1: warning: with what is sent the file system ${mount} has ${free} GB of 100.0 GB free; below ${limit} GB (${rule}) its kubelet evicts pods and takes no others. Free some space there, mount a larger file system, or set evictionHard in spec.kubelet.config.`;

  test('is told of before anything is touched, with the number', () => {
    expect(find({ 'cp-1': left(10e9, 15e9) })).toEqual([]);
    expect(find({ 'cp-1': left(9.9e9, 15e9) })).toEqual([
      said('/var/lib/kubelet', '9.9', '10.0', 'nodefs.available<10%'),
    ]);
  });

  test('counts what will be sent', () => {
    const wanted = [{ host: 'cp-1', resources: [holds('x', 'layer')] }];
    expect(find({ 'cp-1': left(50e9, 16e9) }, [sends('x')], {}, wanted)).toEqual([
      said('/var/lib/containerd', '14.8', '15.0', 'imagefs.available<15%'),
    ]);
  });

  test('on one disk for both hears of the limit that comes first, once', () => {
    const mounts = { '/var/lib/kubelet': '/', '/var/lib/containerd': '/' };
    expect(find({ 'cp-1': left(8e9, 8e9, mounts) })).toEqual([
      said('/', '8.0', '15.0', 'imagefs.available<15%'),
    ]);
  });

  test.each<readonly [string, object, readonly string[]]>([
    [
      'a limit of one’s own, beside which the usual ones do not stand',
      config({ 'nodefs.available': '1%' }),
      [],
    ],
    [
      'usual limits that are to stay beside it',
      config({ 'nodefs.available': '1%' }, { mergeDefaultEvictionSettings: true }),
      [said('/var/lib/containerd', '5.0', '15.0', 'imagefs.available<15%')],
    ],
    [
      'a limit as a quantity',
      config({ 'imagefs.available': '10Gi' }),
      [said('/var/lib/containerd', '5.0', '10.7', 'imagefs.available<10Gi')],
    ],
    ['no limit at all', config({ 'imagefs.available': '100%', 'nodefs.available': '0%' }), []],
  ])('goes by %s', (_name, spec, expected) => {
    expect(find({ 'cp-1': left(5e9, 5e9) }, [], spec)).toEqual(expected);
  });
});

describe('every check', () => {
  test('has a name of its own and says what it is about', () => {
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
    for (const { about } of checks) expect(about).toMatch(/^[a-z]/);
  });
});

describe('a file system that is mounted read-only', () => {
  const writes = (path: string): Step => ({
    host: 'cp-1',
    phase: 'node',
    action: { do: 'write-file', path, mode: 0o644, sha256: 'x', secret: false },
    reason: 'a test',
  });
  const mounts = {
    '/etc': '/',
    '/etc/systemd/system': '/',
    '/usr/local': '/usr',
    '/opt': '/',
    '/var/lib': '/var',
  };

  test('is found where something is to be written, with the way out', () => {
    const found = find({ 'cp-1': { mounts, readOnlyMounts: ['/usr'] } }, [
      writes('/usr/local/bin/kubelet'),
      writes('/etc/kubernetes/x'),
    ]);
    expect(found).toEqual(['cp-1: error: /usr/local is read-only (file system /usr)']);
  });
  test('matters not where nothing is to be written', () => {
    expect(find({ 'cp-1': { mounts, readOnlyMounts: ['/usr'] } }, [writes('/etc/kubernetes/x')])).toEqual([]);
  });
  test('matters not where a writable one is mounted inside', () => {
    const inside = { ...mounts, '/etc/systemd/system': '/etc/systemd/system' };
    const found = find({ 'cp-1': { mounts: inside, readOnlyMounts: ['/'] } }, [
      writes('/etc/systemd/system/kubelet.service'),
    ]);
    expect(found).toEqual([]);
  });
});
