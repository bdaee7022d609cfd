import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lutimesSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { DesiredHost } from '../../src/desired/resource.js';
import type { Failure } from '../../src/failure.js';
import { observe, observeDetails, probeRequest } from '../../src/observed/observe.js';
import { probeScript } from '../../src/observed/probe/probe.js';
import { Secret } from '../../src/secret.js';
import type { Exec, Transport } from '../../src/transport/transport.js';
import { needing } from '../programs/needing.js';
import { factsFrom, printed } from './facts-from.js';

const roots: string[] = [];
const makeRoot = (): string => {
  const root = mkdtempSync(join(tmpdir(), 'podstrap probe-'));
  roots.push(root);
  return root;
};
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

const put = (root: string, path: string, content: string, mode = 0o644): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  chmodSync(join(root, path), mode);
};

/** The shells of this machine that hosts may have as /bin/sh. */
const shells = [['dash'], ['bash', '--posix'], ['busybox', 'sh']] as const;

/** Runs scripts in a shell of this machine below a root: they only read. */
const transportOf = (root: string, shell: readonly string[]): Transport => ({
  host: 'cp-1',
  exec: ({ script }: Exec) =>
    new Promise((resolve, reject) => {
      const child = spawn(shell[0]!, shell.slice(1), {
        env: { PATH: process.env.PATH, R: root, LC_ALL: 'C' },
      });
      const out: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.on('error', reject);
      child.on('close', (code) =>
        resolve({ code: code ?? 1, stdout: Buffer.concat(out).toString(), stderr: '' }),
      );
      child.stdin.end(script);
    }),
  open: () => Promise.reject(new Error('nothing is opened here')),
  close: async () => undefined,
});

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
const because = 'a test';
const file = (path: string, content: string | Secret) =>
  ({ kind: 'file', path, mode: 0o644, content, because, phase: 'node' }) as const;

const strange = '/etc/it\'s strange/$(id) `x` "y".conf';
const wanted: DesiredHost = {
  host: 'cp-1',
  resources: [
    { kind: 'directory', path: '/etc/kubernetes/pki', mode: 0o755, because, phase: 'node' },
    { kind: 'directory', path: '/var/lib/etcd', mode: 0o700, because, phase: 'node' },
    file('/etc/same.conf', 'same\n'),
    file('/etc/empty.conf', ''),
    file('/etc/differs.conf', 'wanted\n'),
    file('/etc/missing.conf', 'wanted\n'),
    file('/etc/secret.conf', new Secret('wanted secret')),
    file(strange, 'wanted\n'),
    {
      kind: 'binary',
      path: '/usr/local/bin/known',
      mode: 0o755,
      sha256: sha256('known'),
      size: 5,
      version: '1',
      because,
      phase: 'binaries',
    },
    {
      kind: 'binary',
      path: '/usr/local/bin/unknown',
      mode: 0o755,
      sha256: sha256('x'),
      size: 1,
      version: '1',
      because,
      phase: 'binaries',
    },
    { kind: 'sysctl', name: 'net.ipv4.ip_forward', value: '1', because, phase: 'node' },
    { kind: 'sysctl', name: 'net.ipv4.ip_local_port_range', value: '1 2', because, phase: 'node' },
    { kind: 'unit', name: 'kubelet.service', restartOn: ['/etc/same.conf', strange], because, phase: 'node' },
    { kind: 'kernel-module', name: 'overlay', because, phase: 'node' },
    { kind: 'kernel-module', name: 'br_netfilter', because, phase: 'node' },
  ],
};
const dropIns = [
  '/etc/systemd/system/kubelet.service.d/20 proxy.conf',
  '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf',
];
const request = probeRequest(wanted, '/var/lib/etcd');

for (const shell of shells)
  needing(shell[0]).describe(`with ${shell.join(' ')} as /bin/sh`, () => {
    const look = async (root: string, modules = request.modules) => {
      const script = probeScript({ ...request, modules });
      return factsFrom(transportOf(root, shell), script, Date.now() / 1000);
    };

    test('room is told for the directories that are asked for, also those that are not there yet', async () => {
      const disks = ['/srv/some where', '/var/lib'];
      const script = probeScript({ ...request, disks });
      const { free, capacity, mounts } = await factsFrom(transportOf(makeRoot(), shell), script, 0);
      expect(Object.keys(free)).toEqual(Object.keys(mounts));
      for (const [path, bytes] of Object.entries(free)) expect(capacity[path]).toBeGreaterThanOrEqual(bytes);
      expect(Object.keys(free)).toEqual(expect.arrayContaining(['/etc', '/var/lib/etcd', '/srv/some where']));
      expect(free['/srv/some where']).toBeGreaterThan(0);
    });

    test('SELinux, its tool, and file systems that are mounted read-only are told', async () => {
      const root = makeRoot();
      put(root, '/sys/fs/selinux/enforce', '1');
      put(
        root,
        '/proc/mounts',
        [
          '/dev/sda1 / ext4 rw,relatime 0 0',
          '/dev/sda2 /usr ext4 ro,relatime 0 0',
          '/dev/sda3 /srv/some\\040where ext4 ro 0 0',
          '/dev/sda4 /opt ext4 ro 0 0',
          'overlay /opt overlay rw,lowerdir=/ro 0 0',
          'tmpfs /var/lib/kubelet/pods/1/volumes tmpfs ro 0 0',
          '',
        ].join('\n'),
      );
      const { selinux, readOnlyMounts } = await look(root);
      expect(selinux).toBe('enforcing');
      expect(readOnlyMounts).toEqual(['/usr', '/srv/some where']);
      put(root, '/sys/fs/selinux/enforce', '0');
      expect((await look(root)).selinux).toBe('permissive');
      expect(await look(makeRoot())).not.toHaveProperty('selinux');
    });

    test('an empty root is a host that has nothing', async () => {
      const facts = await look(makeRoot());
      expect(facts).toMatchObject({
        hostname: '',
        machineId: '',
        systemd: false,
        swap: false,
        loopbackResolver: false,
        modules: [],
        sysctls: {},
        files: {},
        checksKubelets: false,
        manifestNames: [],
        manifestsPassedOver: [],
        dropIns: [],
        parkedNames: [],
        sandboxes: [],
        images: [],
        etcdData: false,
        record: undefined,
      });
      expect(Math.abs(facts.clockOffset)).toBeLessThan(5);
    });

    test('what lies below the root is what is seen', async () => {
      const root = makeRoot();
      put(root, '/proc/sys/kernel/hostname', 'Node-7\n');
      put(root, '/proc/sys/kernel/random/boot_id', '0d4f1c2e-6a7b-4c3d-8e9f-0123456789ab\n');
      put(root, '/etc/machine-id', '0123456789abcdef0123456789abcdef\n');
      put(root, '/etc/os-release', 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n');
      put(root, '/proc/meminfo', 'MemTotal:        8000 kB\nMemFree: 1 kB\n');
      put(root, '/proc/swaps', 'Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n');
      put(root, '/etc/resolv.conf', '# made by hand\nnameserver 127.0.0.53\noptions edns0\n');
      put(root, '/run/systemd/resolve/resolv.conf', 'nameserver 10.0.0.2\n');
      put(root, '/run/systemd/system/x', '');
      put(root, '/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu memory pids\n');
      put(root, '/proc/sys/kernel/seccomp/actions_avail', 'kill_process errno\n');
      put(root, '/proc/sys/net/ipv4/ip_forward', '0\n');
      put(root, '/proc/sys/net/ipv4/ip_local_port_range', '32768\t60999\n');
      put(root, '/proc/modules', 'br_netfilter 32768 0 - Live 0x0\n');
      put(root, '/proc/filesystems', 'nodev\tproc\nnodev\toverlay\n');
      mkdirSync(join(root, 'usr/share/ca-certificates'), { recursive: true });
      const facts = await look(root);
      expect(facts).toMatchObject({
        hostname: 'Node-7',
        bootId: '0d4f1c2e-6a7b-4c3d-8e9f-0123456789ab',
        machineId: '0123456789abcdef0123456789abcdef',
        osId: 'debian',
        os: 'Debian GNU/Linux 13 (trixie)',
        memory: 8_192_000,
        swap: true,
        loopbackResolver: true,
        resolvConf: '/run/systemd/resolve/resolv.conf',
        systemd: true,
        cgroup: 2,
        cgroupControllers: ['cpuset', 'cpu', 'memory', 'pids'],
        seccomp: true,
        missingModules: [],
        sysctls: { 'net.ipv4.ip_forward': '0', 'net.ipv4.ip_local_port_range': '32768 60999' },
        caDirectories: ['/usr/share/ca-certificates'],
      });
      expect([...facts.modules].sort()).toEqual(['br_netfilter', 'overlay']);
      expect(Object.keys(facts.free)).toContain('/var/lib');
      expect(facts.free['/var/lib']).toBeGreaterThan(0);
    });

    test('a kernel of the first cgroups, and what it lacks', async () => {
      const root = makeRoot();
      put(
        root,
        '/proc/cgroups',
        '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t9\t1\nmemory\t0\t9\t0\npids\t2\t9\t1\n',
      );
      expect(await look(root, ['no_such_module_anywhere'])).toMatchObject({
        cgroup: 1,
        cgroupControllers: ['cpu', 'pids'],
        seccomp: false,
        missingModules: ['no_such_module_anywhere'],
      });
    });

    test('files: type, mode, hash; links are what they lead to', async () => {
      const root = makeRoot();
      put(root, '/etc/same.conf', 'same\n', 0o640);
      put(root, '/etc/empty.conf', '');
      put(root, strange, 'here\n', 0o600);
      mkdirSync(join(root, 'etc/differs.conf'));
      mkdirSync(join(root, 'disk/etcd'), { recursive: true, mode: 0o700 });
      mkdirSync(join(root, 'var/lib'), { recursive: true });
      symlinkSync(join(root, 'disk/etcd'), join(root, 'var/lib/etcd'));
      symlinkSync(join(root, 'nowhere'), join(root, 'etc/missing.conf'));
      const { files } = await look(root);
      expect(files['/etc/same.conf']).toMatchObject({
        type: 'file',
        mode: 0o640,
        size: 5,
        sha256: sha256('same\n'),
      });
      expect(files['/etc/empty.conf']).toMatchObject({ type: 'file', size: 0, sha256: sha256('') });
      expect(files[strange]).toMatchObject({ type: 'file', mode: 0o600, sha256: sha256('here\n') });
      expect(files['/etc/differs.conf']!.type).toBe('directory');
      expect(files['/etc/differs.conf']!.sha256).toBeUndefined();
      expect(files['/var/lib/etcd']).toMatchObject({ type: 'directory', mode: 0o700 });
      expect(files['/etc/missing.conf']).toBeUndefined();
    });

    test('manifests, parked ones, the record and etcd’s data', async () => {
      const root = makeRoot();
      put(root, '/etc/kubernetes/manifests/etcd.yaml', '');
      put(root, '/etc/kubernetes/manifests/my pod.yaml', '');
      put(root, '/etc/kubernetes/manifests/.etcd.yaml.swp', '');
      put(root, '/etc/kubernetes/manifests/old/etcd.yaml', '');
      put(root, '/etc/kubernetes/.podstrap/parked/kube-apiserver.yaml', '');
      put(root, '/var/lib/etcd/member/wal/0-0.wal', '');
      const record = { clusterId: 'c'.repeat(32), cluster: 'prod', endpoint: 'x:6443', etcd: {} };
      put(root, '/var/lib/podstrap/cluster.json', JSON.stringify(record, null, 2));
      expect(await look(root)).toMatchObject({
        manifestNames: ['etcd.yaml', 'my pod.yaml'],
        manifestsPassedOver: ['.etcd.yaml.swp', 'old/'],
        parkedNames: ['kube-apiserver.yaml'],
        etcdData: true,
        record: { ...record, bootstrapped: false },
      });
      put(root, '/var/lib/podstrap/bootstrapped', '');
      expect((await look(root)).record).toEqual({ ...record, bootstrapped: true });
    });

    test('drop-ins of our units, wherever systemd takes them from', async () => {
      const root = makeRoot();
      for (const path of [...dropIns, '/etc/systemd/system/ssh.service.d/x.conf']) put(root, path, '');
      put(root, '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf.bak', '');
      expect((await look(root)).dropIns).toEqual(dropIns);
    });

    test('whether our units are enabled, of those that have a file', async () => {
      const root = makeRoot();
      put(root, '/etc/systemd/system/kubelet.service', '');
      const systemctl = `#!/bin/sh
case $* in 'is-enabled kubelet.service') echo disabled; exit 1;; is-enabled*) exit 1;; esac
for u in containerd kubelet; do printf 'Id=%s.service\\nActiveState=active\\nUnitFileState=enabled\\nMainPID=0\\n\\n' $u; done
`;
      put(root, '/bin/systemctl', systemctl, 0o755);
      const asked = { ...request, units: { 'containerd.service': [], 'kubelet.service': [] } };
      const script = `PATH="$R/bin:$PATH"\n${probeScript({ ...asked, modules: [] })}`;
      const { units } = await factsFrom(transportOf(root, shell), script, Date.now() / 1000);
      expect(units).toMatchObject({
        'containerd.service': { active: 'active', enabled: '' },
        'kubelet.service': { active: 'active', enabled: 'disabled' },
      });
    });

    describe('a unit that has started', () => {
      const unit = 'Id=kubelet.service\nActiveState=active\nMainPID=0\n';
      /** @param age seconds since the unit started */
      const factsOf = async (age: number | undefined, replaced: readonly string[]) => {
        const root = makeRoot();
        put(root, '/etc/same.conf', 'same\n');
        put(root, strange, 'here\n');
        put(root, '/bin/systemctl', `#!/bin/sh\ncat <<'X'\n${unit}X\n`, 0o755);
        if (replaced.length > 0)
          put(root, '/var/lib/podstrap/replaced', replaced.map((path) => `- - - c:${path}\n`).join(''));
        const link = join(root, 'run/systemd/units/invocation:kubelet.service');
        mkdirSync(dirname(link), { recursive: true });
        if (age !== undefined) {
          symlinkSync('an-invocation', link);
          lutimesSync(link, Date.now() / 1000 - age, Date.now() / 1000 - age);
        }
        const script = `PATH="$R/bin:$PATH"\n${probeScript({ ...request, modules: [] })}`;
        return factsFrom(transportOf(root, shell), script, Date.now() / 1000);
      };
      const lookAt = async (age: number | undefined, replaced: readonly string[]) =>
        (await factsOf(age, replaced)).units['kubelet.service']!.rewritten;

      test('tells its age, where it is the kubelet', async () => {
        const { kubeletAge } = await factsOf(60, []);
        expect(kubeletAge).toBeGreaterThanOrEqual(60);
        expect(kubeletAge).toBeLessThan(90);
        expect(await factsOf(undefined, [])).not.toHaveProperty('kubeletAge');
      });

      test('is older than what a run that was cut off replaced, or the host’s tools are refused', async () => {
        const { missingTools } = await look(makeRoot());
        expect(missingTools.filter((tool) => tool.startsWith('find '))).toEqual(
          shell[0] === 'busybox' ? ['find with -cnewer'] : [],
        );
        if (shell[0] === 'busybox') return;
        expect(await lookAt(60, ['/etc/same.conf', strange])).toEqual(['/etc/same.conf', strange]);
        expect(await lookAt(60, ['/etc/other', strange])).toEqual([strange]);
      });
      test('may be older where systemd does not tell', async () => {
        expect(await lookAt(undefined, [strange])).toEqual([strange]);
      });
      test('was restarted since', async () => {
        expect(await lookAt(-60, [strange])).toBeUndefined();
      });
      test('has nothing to do with files that somebody else touched', async () => {
        expect(await lookAt(60, [])).toBeUndefined();
        expect(await lookAt(60, ['/etc/same.conf.bak', '/same.conf', '/etc/missing.conf'])).toBeUndefined();
      });
    });

    test('details: the text of what differs, never of a secret, and hashes of binaries that nobody recorded', async () => {
      const root = makeRoot();
      const odd = 'früher: "a" $b `c` \\d\t\n@end\n\n';
      put(root, '/etc/same.conf', 'same\n');
      put(root, '/etc/differs.conf', odd);
      put(root, '/etc/secret.conf', 'another secret');
      put(root, strange, odd);
      put(root, '/usr/local/bin/unknown', 'what?', 0o755);
      const transport = transportOf(root, shell);
      const facts = await look(root);
      const { files } = await observeDetails(transport, wanted, facts);
      expect(files['/etc/differs.conf']!.content).toBe(odd);
      expect(files[strange]!.content).toBe(odd);
      expect(files['/etc/same.conf']!.content).toBeUndefined();
      expect(JSON.stringify(files)).not.toContain('another secret');
      expect(files['/usr/local/bin/unknown']).toMatchObject({ sha256: sha256('what?'), mode: 0o755 });
    });
  });

describe('observe', () => {
  const answering = (code: number, stdout: string): Transport => ({
    ...transportOf('/', ['dash']),
    exec: async ({ script }) => ({ code, stdout: printed(script, stdout), stderr: 'sorry' }),
  });
  const failureOf = (work: Promise<unknown>): Promise<Failure> =>
    work.then(
      () => {
        throw new Error('nothing was thrown');
      },
      (error: Failure) => error,
    );

  test.each([
    ['a user that is not root', 0, '@host\nuid 1000\n@end\n', 'privilege', /uid 1000/],
    ['a script that ends badly', 1, '', 'privilege', /exit code 1: sorry/],
    ['an output that is not whole', 0, '@host\nuid 0\n@files\n', 'unsound', /ends early/],
    ['a part that nobody asked for', 0, '@host\nuid 0\n@hosts\n@end\n', 'unsound', /not asked for: "hosts"/],
    [
      'a part that comes twice',
      0,
      '@host\nuid 0\n@end\n@host\n',
      'unsound',
      /the same section twice: "host"/,
    ],
    [
      'a hostname that is none',
      0,
      '@host\nuid 0\nhostname $(id)\n@end\n',
      'unsound',
      /hostname cannot be "\$\(id\)"/,
    ],
    [
      'a run that is none',
      0,
      '@host\nuid 0\n@generations\nat ../../etc\n@end\n',
      'unsound',
      /a run cannot be/,
    ],
    [
      'a line without end',
      0,
      `@host\nuid 0\n@links\n${'x'.repeat(100_000)}\n@end\n`,
      'unsound',
      /100000 characters/,
    ],
    [
      'lines without end',
      0,
      `@host\nuid 0\n@links\n${'x\n'.repeat(200_001)}@end\n`,
      'unsound',
      /more than 200000/,
    ],
  ])('%s', async (_name, code, stdout, kind, said) => {
    const failure = await failureOf(observe(answering(code, stdout), request));
    expect(failure.kind).toBe(kind);
    expect(failure.where.host).toBe('cp-1');
    expect(failure.said).toMatch(said);
    expect(failure.next).toBeTruthy();
  });
});
