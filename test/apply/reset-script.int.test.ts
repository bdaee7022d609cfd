import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runSteps } from '../../src/apply/run-steps.js';
import { resetPlan, resetScript } from '../../src/apply/scripts/reset-script.js';
import { putBack } from '../../src/apply/undo/put-back.js';
import type { DesiredHost } from '../../src/desired/resource.js';
import { Failure } from '../../src/failure.js';
import { desiredOf, hostOf } from '../desired/desired-of.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { contentsOf, context, holdLock, makeWorld, step, type World, writeFile } from './world.js';

const worlds: World[] = [];
const world = (): World => {
  const made = makeWorld();
  worlds.push(made);
  return made;
};
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.dispose();
});

const wanted: DesiredHost = hostOf(
  desiredOf(inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] })),
  'cp-1',
);
const plan = resetPlan(wanted, '/var/lib/etcd');
/** A run that nothing ends. */
const whole = { emit: () => undefined, abort: new AbortController().signal };

/** A host with everything that desired state names, some of its data, and things of others beside them. */
function inhabited(): { at: World; others: readonly string[] } {
  const at = world();
  for (const file of plan.files) at.write(file, 'ours');
  for (const file of [
    '/var/lib/etcd/member/wal/0.wal',
    '/var/lib/kubelet/pods/x/volume/y',
    '/var/lib/podstrap/lock',
    '/etc/kubernetes/.podstrap/parked/x.yaml',
  ])
    at.write(file, 'ours');
  const others = [
    '/etc/kubernetes/manifests/theirs.yaml',
    '/etc/kubernetes/theirs.conf',
    '/var/lib/other/data',
    '/etc/systemd/system/other.service',
  ];
  for (const file of others) at.write(file, 'theirs');
  return { at, others: [...others].sort() };
}

const reset = (at: World) => {
  holdLock(at);
  return at.transport.exec({ script: resetScript(plan, 'ours') });
};

test('what podstrap brought is gone, and what is of others is left', async () => {
  const { at, others } = inhabited();
  expect((await reset(at)).code).toBe(0);
  expect(at.tree()).toEqual(others);
  expect(at.list('/var/lib')).toEqual(expect.not.arrayContaining(['etcd', 'kubelet', 'podstrap']));
  expect(at.list('/etc/kubernetes')).toEqual(['manifests', 'theirs.conf']);
});

test('a run that has lost the lock resets nothing', async () => {
  const { at } = inhabited();
  const before = at.tree();
  holdLock(at, 'theirs');
  const { code } = await at.transport.exec({ script: resetScript(plan, 'ours') });
  expect(code).toBe(75);
  expect(at.tree()).toEqual(before);
});

/** Does `what` when the kubelet is stopped, before anything is deleted. */
const whenItStops = (at: World, what: string) =>
  writeFileSync(
    join(at.own, 'systemctl'),
    `#!/bin/sh\ncase $1 in stop) ${what};; esac\nPATH=\${PATH#*:}; exec systemctl "$@"\n`,
    { mode: 0o755 },
  );

test('who takes the lock while pods end finds all that was there', async () => {
  const { at } = inhabited();
  const before = at.tree();
  whenItStops(at, 'echo "theirs you@there (podstrap up)" >"$PODSTRAP_ROOT/var/lib/podstrap/lock"');
  holdLock(at);
  const failed = putBack(whole, at.transport, plan, { id: 'ours', letGo: () => undefined });
  await expect(failed).rejects.toMatchObject({
    kind: 'locked',
    said: 'the lock now belongs to you@there (podstrap up)',
  });
  expect(at.tree()).toEqual(before);
});

test('a run that loses its lock elsewhere waits no longer for the host', async () => {
  const { at } = inhabited();
  holdLock(at);
  const loss = new Failure({ kind: 'locked', doing: 'Changing the host', where: { host: 'cp-2' } });
  const lost = new AbortController();
  const asked = join(at.root, 'tmp/asked');
  whenItStops(at, 'echo >"$PODSTRAP_ROOT/tmp/asked"; while [ -e "$PODSTRAP_ROOT/tmp/asked" ]; do :; done');
  const waiting = putBack({ ...whole, abort: lost.signal }, at.transport, plan, {
    id: 'ours',
    letGo: () => undefined,
  });
  const ended = expect(waiting).rejects.toBe(loss);
  await expect.poll(() => existsSync(asked)).toBe(true);
  lost.abort(loss);
  await ended;
  rmSync(asked);
});

test('once more changes nothing, and so does a reset of a bare host', async () => {
  const { at, others } = inhabited();
  await reset(at);
  expect((await reset(at)).code).toBe(0);
  expect(at.tree()).toEqual(others);
  const bare = world();
  expect((await reset(bare)).code).toBe(0);
  expect(bare.tree()).toEqual([]);
});

test('containers and images of the host go, when its containerd runs', async () => {
  const { at } = inhabited();
  at.write('/usr/local/bin/ctr', '', 0o755);
  at.write('/run/containerd/containerd.sock', '');
  at.write('/var/lib/containerd/practice/containers/one', 'pause\nio.cri-containerd.kind=sandbox\n');
  at.write('/run/containerd/practice/tasks/one', '1000\n');
  expect((await reset(at)).code).toBe(0);
  expect(at.list('/run/containerd/practice/tasks')).toEqual([]);
  expect(at.list('/var/lib/containerd/practice/containers')).toEqual([]);
});

test('the plan names every file of the host once, and no directory of the system', () => {
  expect(new Set(plan.files).size).toBe(plan.files.length);
  expect(plan.files).toContain('/etc/kubernetes/pki/ca.crt');
  expect(plan.files).toContain('/etc/kubernetes/pki/sa.key');
  for (const path of [...plan.trees, ...plan.directories])
    expect(['/', '/etc', '/var', '/var/lib', '/usr', '/usr/local', '/usr/local/bin', '/opt']).not.toContain(
      path,
    );
});

/** A host as it is, then with what a run of podstrap made of it. */
async function settled(before: (at: World) => void): Promise<{ at: World; was: readonly string[] }> {
  const at = world();
  before(at);
  const was = picture(at);
  holdLock(at);
  const files = { '/etc/containerd/config.toml': 'ours', '/etc/new/ours.conf': 'ours' };
  await runSteps(
    at.transport,
    [
      ...Object.entries(files).map(([path, content]) => writeFile(path, content)),
      step(
        at.exists('/data')
          ? { do: 'set-mode', path: '/data', mode: 0o700 }
          : { do: 'make-directory', path: '/data', mode: 0o700 },
      ),
      step({ do: 'set-sysctl', name: 'net.ipv4.ip_forward', value: '1' }),
      step({ do: 'make-directory', path: '/var/lib/kubelet', mode: 0o700 }),
    ],
    contentsOf(...Object.values(files)),
    context,
    () => undefined,
  );
  at.write('/data/member/wal/0.wal', 'ours');
  at.write('/data/member.20260101T000000Z-abcd/snap/db', 'ours');
  at.write('/var/lib/kubelet/pods/x/etc-hosts', 'ours');
  at.write('/var/log/pods/x/0.log', 'ours');
  at.write('/var/lib/containerd/io.containerd.content/blob', 'ours');
  at.write('/var/lib/cni/results/podstrap-1-eth0', '"K8S_POD_NAMESPACE"');
  return { at, was };
}

/** Everything outside the stand-ins' own folders, with modes and contents. */
const picture = (at: World): readonly string[] =>
  readdirSync(at.root, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name).slice(at.root.length))
    .filter((path) => !/^\/(run|tmp|sys)(\/|$)|^\/var\/lib\/podstrap|^\/proc\/mounts/.test(path))
    .map((path) => {
      const stat = lstatSync(join(at.root, path));
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) return `${path} -> ${readlinkSync(join(at.root, path))}`;
      return stat.isDirectory() ? `${path}/ ${mode}` : `${path} ${mode} ${at.read(path)}`;
    })
    .sort();

const own = resetPlan(wanted, '/data');
const resetOwn = async (at: World) => {
  holdLock(at);
  return at.transport.exec({ script: resetScript(own, 'ours') });
};

const bareHost = (at: World): void => {
  at.write('/proc/sys/net/ipv4/ip_forward', '0\n');
  at.write('/proc/modules', 'ext4 1 0 - Live 0x0\n');
};

describe('a host that remembers what it was', () => {
  test('is that again: files, folders, modes, kernel settings', async () => {
    const { at, was } = await settled((at) => {
      bareHost(at);
      at.write('/etc/containerd/config.toml', 'theirs', 0o640);
      at.write('/data/lost+found/x', '');
      chmodSync(join(at.root, 'data'), 0o755);
    });
    expect(at.mode('/data')).toBe(0o700);
    const { code, stdout } = await resetOwn(at);
    expect(stdout).toBe('');
    expect(code).toBe(0);
    expect(picture(at)).toEqual(was);
  });

  test('keeps what others have put into etcd’s folder, and what folders held before', async () => {
    const { at, was } = await settled((at) => {
      bareHost(at);
      at.write('/data/photos/1.jpg', 'theirs');
      at.write('/var/lib/kubelet/theirs.txt', 'theirs');
      at.write('/var/log/pods/theirs.log', 'theirs');
    });
    at.write('/data/later.txt', 'theirs, too');
    const { code, stdout } = await resetOwn(at);
    expect(code).toBe(0);
    expect(stdout).toContain('@stays in /data what is not etcd’s: photos\n');
    expect(at.read('/data/later.txt')).toBe('theirs, too');
    expect(picture(at).filter((line) => !line.startsWith('/data/later.txt'))).toEqual(was);
  });

  test('is emptied behind links, which stay', async () => {
    const { at, was } = await settled((at) => {
      bareHost(at);
      for (const path of ['disk/etcd', 'disk/kubelet', 'disk/containerd'])
        mkdirSync(join(at.root, path), { recursive: true });
      mkdirSync(join(at.root, 'var/lib'), { recursive: true });
      symlinkSync(join(at.root, 'disk/etcd'), join(at.root, 'data'));
      symlinkSync(join(at.root, 'disk/kubelet'), join(at.root, 'var/lib/kubelet'));
      symlinkSync(join(at.root, 'disk/containerd'), join(at.root, 'var/lib/containerd'));
    });
    expect((await resetOwn(at)).code).toBe(0);
    expect(picture(at)).toEqual(was);
  });

  test('keeps a folder of the system to which etcd’s leads, and nothing of etcd’s in it', async () => {
    const { at, was } = await settled((at) => {
      bareHost(at);
      mkdirSync(join(at.root, 'mnt'));
      symlinkSync(join(at.root, 'mnt'), join(at.root, 'data'));
      at.write('/mnt/theirs.txt', 'theirs');
    });
    expect(at.exists('/mnt/member')).toBe(true);
    const { code, stdout } = await resetOwn(at);
    expect(code).toBe(0);
    expect(stdout).toContain('theirs.txt');
    expect(picture(at)).toEqual(was);
  });

  test('is emptied behind a link of podstrap’s own folder, and what others have there stays', async () => {
    const { at, was } = await settled((at) => {
      bareHost(at);
      renameSync(join(at.root, 'var/lib/podstrap'), join(at.root, 'disk'));
      symlinkSync(join(at.root, 'disk'), join(at.root, 'var/lib/podstrap'));
      at.write('/disk/theirs.txt', 'theirs');
      at.write('/disk/photos/1.jpg', 'theirs');
      chmodSync(join(at.root, 'disk'), 0o755);
    });
    for (const name of ['cluster.json', 'stage/0', 'generations/1/record.json', '.generation.77'])
      at.write(`/var/lib/podstrap/${name}`, 'ours');
    expect((await resetOwn(at)).code).toBe(0);
    expect(picture(at)).toEqual(was);
  });

  test('keeps volumes that are mounted, names them, and goes on where they are gone', async () => {
    const { at, was } = await settled(bareHost);
    const volume = '/var/lib/kubelet/pods/x/volumes/kubernetes.io~csi/pv a/mount';
    at.write(`${volume}/data`, 'theirs');
    at.write('/proc/mounts', `/dev/sdb ${at.root}${volume.replace(' ', '\\040')} ext4 rw 0 0\n`);
    const { code, stdout } = await resetOwn(at);
    expect(code).toBe(0);
    expect(stdout).toContain(`@stays what is mounted at ${at.root}${volume} (ext4)\n`);
    expect(at.read(`${volume}/data`)).toBe('theirs');
    expect(at.exists('/var/lib/kubelet/pods/x/etc-hosts')).toBe(false);
    rmSync(join(at.root, 'var/lib/kubelet'), { recursive: true });
    expect(picture(at)).toEqual(was);
  });

  test('empties what is a disk of its own, and leaves the disk mounted', async () => {
    const { at } = await settled(bareHost);
    at.write('/data/member/snap/db', 'ours');
    at.write(
      '/proc/mounts',
      ['/data', '/data/member/wal', '/var/lib/kubelet/pods']
        .map((path) => `/dev/sdb ${at.root}${path} ext4 rw 0 0\n`)
        .join(''),
    );
    expect(await resetOwn(at)).toMatchObject({ code: 0, stdout: '' });
    expect(at.list('/data/member')).toEqual(['wal']);
    expect(at.list('/data/member/wal')).toEqual([]);
    expect(at.list('/var/lib/kubelet')).toEqual(['pods']);
    expect(at.list('/var/lib/kubelet/pods')).toEqual([]);
  });

  test('fails and names what should be gone and is not; podstrap remembers the host until it is', async () => {
    const { at, was } = await settled(bareHost);
    writeFileSync(join(at.own, 'find'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    const { code, stdout } = await resetOwn(at);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^@left .*\/data\/member$/m);
    expect(at.exists('/var/lib/podstrap/origin')).toBe(true);
    rmSync(join(at.own, 'find'));
    expect((await resetOwn(at)).code).toBe(0);
    expect(picture(at)).toEqual(was);
  });

  test.each(['ctr', 'find', 'rm', 'mv', 'systemctl', 'rmdir'])(
    'may lose power at any %s: once more, and it is as it was',
    async (program) => {
      const { at, was } = await settled((at) => {
        bareHost(at);
        at.write('/etc/containerd/config.toml', 'theirs', 0o640);
      });
      for (let nth = 1; nth <= 6; nth++) {
        writeFileSync(join(at.root, 'tmp/count'), `${nth}\n`);
        writeFileSync(
          join(at.own, program),
          `#!/bin/sh\nread -r n <"$PODSTRAP_ROOT/tmp/count"; n=$((n-1)); echo $n >"$PODSTRAP_ROOT/tmp/count"
[ $n != 0 ] || { kill -9 $PPID; exit 1; }\nPATH=\${PATH#*:}; exec ${program} "$@"\n`,
          { mode: 0o755 },
        );
        await resetOwn(at);
      }
      rmSync(join(at.own, program));
      expect((await resetOwn(at)).code).toBe(0);
      expect(picture(at)).toEqual(was);
    },
  );
});

test('a host on which podstrap never was is left alone', async () => {
  const at = world();
  bareHost(at);
  for (const file of plan.files.filter((path) => !path.includes('podstrap'))) at.write(file, 'theirs');
  at.write('/var/lib/etcd/member/wal/0.wal', 'theirs');
  const was = picture(at);
  expect((await reset(at)).code).toBe(0);
  expect(picture(at)).toEqual(was);
});

test('chains of Kubernetes and of network plugins leave the packet filter, and no rule of others does', async () => {
  const { at } = await settled(bareHost);
  const rules = [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':CNI-DN-0a1b - [0:0]',
    ':KUBE-SERVICES - [0:0]',
    ':THEIRS - [0:0]',
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-DN-0a1b',
    '-A PREROUTING -p tcp -m comment --comment "before KUBE-SERVICES" -j THEIRS',
    '-A KUBE-SERVICES -d 10.96.0.1/32 -j MARK --set-xmark 0x4000/0x4000',
    'COMMIT',
    '*filter',
    ':INPUT ACCEPT [0:0]',
    '-A INPUT -j ACCEPT',
    'COMMIT',
  ];
  writeFileSync(join(at.own, 'iptables-save'), `#!/bin/sh\ncat <<'END'\n${rules.join('\n')}\nEND\n`, {
    mode: 0o755,
  });
  writeFileSync(
    join(at.own, 'iptables-restore'),
    '#!/bin/sh\n{ echo "$@"; cat; } >"$PODSTRAP_ROOT/tmp/restored"\n',
    {
      mode: 0o755,
    },
  );
  expect((await resetOwn(at)).code).toBe(0);
  expect(at.read('/tmp/restored').trimEnd().split('\n')).toEqual([
    '-w --noflush',
    '*nat',
    ':CNI-DN-0a1b - [0:0]',
    ':KUBE-SERVICES - [0:0]',
    '-D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-DN-0a1b',
    '-X CNI-DN-0a1b',
    '-X KUBE-SERVICES',
    'COMMIT',
    '*filter',
    'COMMIT',
  ]);
});

test('a worker’s own etcd is nobody’s business', async () => {
  const { at } = await settled(bareHost);
  const workers: DesiredHost = {
    ...wanted,
    resources: wanted.resources.filter((one) => !('path' in one) || !one.path.endsWith('/etcd.yaml')),
  };
  holdLock(at);
  const script = resetScript(resetPlan(workers, '/data'), 'ours');
  expect((await at.transport.exec({ script })).code).toBe(0);
  expect(at.exists('/data/member/wal/0.wal')).toBe(true);
});

test('a containerd that others use as well stays, with its data, and is named', async () => {
  const { at } = await settled(bareHost);
  at.write('/usr/local/bin/ctr', '', 0o755);
  at.write('/run/containerd/containerd.sock', '');
  at.write('/var/lib/containerd/practice/namespaces/builds/containers', 'theirs\n');
  at.write('/var/lib/containerd/practice/containers/one', 'pause\nio.cri-containerd.kind=sandbox\n');
  const { code, stdout } = await resetOwn(at);
  expect(code).toBe(0);
  expect(stdout).toContain(
    '@stays containerd and its data, for its namespace builds: 1 containers, 0 images\n',
  );
  expect(at.exists('/etc/containerd/config.toml')).toBe(true);
  expect(at.list('/var/lib/containerd/practice/containers')).toEqual([]);
  expect(at.exists('/var/lib/containerd/practice/namespaces/builds/containers')).toBe(true);
  rmSync(join(at.root, 'var/lib/containerd/practice/namespaces'), { recursive: true });
  expect((await resetOwn(at)).code).toBe(0);
  expect(at.exists('/etc/containerd/config.toml')).toBe(false);
  expect(at.list('/var/lib')).toEqual([]);
});
