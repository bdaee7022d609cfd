import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, chownSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostFiles, Owner } from './host-files.js';

/** Files that are the same on every host and that nobody changes: one copy, hard links. */
const shared: Readonly<Record<string, string>> = {
  'proc/meminfo':
    'MemTotal:        4025364 kB\nMemFree:         3105724 kB\nMemAvailable:    3512408 kB\nSwapTotal:             0 kB\n',
  'proc/swaps': 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
  'proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\n\text4\n\txfs\n',
  'proc/cpuinfo':
    'processor\t: 0\nmodel name\t: Practice CPU\n\nprocessor\t: 1\nmodel name\t: Practice CPU\n\n',
  'proc/sys/kernel/seccomp/actions_avail': 'kill_process kill_thread trap errno user_notif trace log allow\n',
  'proc/net/tcp':
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n',
  'proc/net/tcp6':
    '  sl  local_address                         remote_address                        st tx_queue rx_queue\n',
  'proc/1/comm': 'systemd\n',
  'proc/1/cgroup': '0::/init.scope\n',
  'etc/os-release':
    'PRETTY_NAME="Debian GNU/Linux 13 (practice)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\nID=debian\n',
  'etc/fstab': '/dev/vda1 / ext4 defaults 0 1\n',
  'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
};
const isVolatile = (path: string): boolean => /^(proc|sys|run)\//.test(path);

const sysctls: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '0',
  'net/ipv4/conf/all/forwarding': '0',
  'net/ipv6/conf/all/forwarding': '0',
  'net/ipv6/conf/default/forwarding': '0',
  'vm/overcommit_memory': '0',
  'vm/panic_on_oom': '0',
  'kernel/panic': '0',
  'kernel/panic_on_oops': '0',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

const lastingDirectories = (
  'root tmp etc etc/systemd etc/systemd/system etc/ssl etc/ssl/certs opt usr usr/local usr/local/bin usr/local/sbin ' +
  'var var/lib var/log'
).split(' ');
const volatileDirectories = (
  'proc proc/1 proc/net proc/sys proc/sys/kernel proc/sys/kernel/random proc/sys/kernel/keys proc/sys/kernel/seccomp proc/sys/net ' +
  'proc/sys/net/ipv4 proc/sys/net/ipv4/conf proc/sys/net/ipv4/conf/all proc/sys/net/ipv6 proc/sys/net/ipv6/conf ' +
  'proc/sys/net/ipv6/conf/all proc/sys/net/ipv6/conf/default proc/sys/vm ' +
  'sys sys/fs sys/fs/cgroup sys/module run run/lock run/systemd run/systemd/system run/systemd/units run/practice run/practice/units'
).split(' ');

export interface HostIdentity {
  readonly name: string;
  /** IP address of the host in the practice network. */
  readonly address: string;
}

/** Writes the shared files once per site; see `makeSkeleton`. */
export function makeSharedFiles(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const [path, text] of Object.entries(shared)) {
    writeFileSync(sharedFile(directory, path), text);
    chmodSync(sharedFile(directory, path), 0o444);
  }
}

const sharedFile = (directory: string, path: string): string => join(directory, path.replaceAll('/', '%'));

/** Makes the root of a host that has just been installed: Debian-like, systemd, cgroup v2, nothing of Kubernetes. */
export function makeSkeleton(
  root: string,
  identity: HostIdentity,
  sharedDirectory: string,
  owner: Owner | undefined,
): void {
  const { name } = identity;
  mkdirSync(root, { mode: 0o755 });
  give(root, owner);
  makeDirectories(root, lastingDirectories, owner);
  for (const path of Object.keys(shared))
    if (!isVolatile(path)) linkSync(sharedFile(sharedDirectory, path), join(root, path));
  writeFiles(root, owner, {
    'etc/hostname': `${name}\n`,
    'etc/machine-id': `${randomBytes(16).toString('hex')}\n`,
    'etc/hosts': `127.0.0.1 localhost\n${identity.address} ${name}\n`,
    'etc/resolv.conf': 'nameserver 9.9.9.9\n',
    'etc/passwd':
      'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    'etc/group': 'root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n',
  });
  makeVolatileFiles(root, identity, sharedDirectory, owner);
}

/** Empties /run, /proc and /sys as a loss of power does. */
export function clearVolatileFiles(files: HostFiles): void {
  for (const directory of ['/run', '/proc', '/sys']) files.remove(directory);
}

/** Makes /run, /proc and /sys as they are right after a boot, with a new boot id. */
export function makeVolatileFiles(
  root: string,
  { name, address }: HostIdentity,
  sharedDirectory: string,
  owner: Owner | undefined,
): void {
  makeDirectories(root, volatileDirectories, owner);
  for (const path of Object.keys(shared))
    if (isVolatile(path)) linkSync(sharedFile(sharedDirectory, path), join(root, path));
  const settings = Object.entries(sysctls).map(([path, value]) => [`proc/sys/${path}`, `${value}\n`]);
  writeFiles(root, owner, {
    ...Object.fromEntries(settings),
    'proc/sys/kernel/hostname': `${name}\n`,
    'proc/sys/kernel/osrelease': '6.12.0-practice\n',
    'proc/sys/kernel/random/boot_id': `${randomUUID()}\n`,
    'proc/modules': '',
    'proc/mounts': '/dev/vda1 / ext4 rw,relatime 0 0\n',
    'run/practice/address': `${address}\n`,
    'run/practice/listeners': '',
  });
}

function makeDirectories(root: string, directories: readonly string[], owner: Owner | undefined): void {
  for (const directory of directories) {
    mkdirSync(join(root, directory));
    give(join(root, directory), owner);
  }
}

function writeFiles(root: string, owner: Owner | undefined, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    writeFileSync(join(root, path), text);
    give(join(root, path), owner);
  }
}

function give(path: string, owner: Owner | undefined): void {
  if (owner) chownSync(path, owner.uid, owner.gid);
}
