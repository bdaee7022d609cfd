import { fingerprint } from './fingerprint.js';
import type { Lab } from './hosts.js';

/**
 * All that a host is, by section: what is on its disks, and what its kernel has. Two hosts are in the same state when
 * these are equal. What a running Debian changes by itself is left out where it says so.
 */
export type HostState = Readonly<Record<string, readonly string[]>>;

/** Kernel settings that belong to the machine, which all lab hosts share, or that count what happens. */
const restless = [
  '^fs\\.(dentry-state|file-nr|inode-nr|inode-state|quota)',
  '^kernel\\.',
  '^vm\\.',
  '^dev\\.',
  '^debug\\.',
  '^abi\\.',
  '^user\\.',
  'nf_conntrack_count',
  'netdev_rss_key',
  '\\.neigh\\..*\\.(gc_stale_time|anycast_delay)$',
  '^fs\\.',
  'stable_secret',
].join('|');

/** Folders of /run where something of a control plane could be left; the rest is systemd's, which never rests. */
const runs = [
  '/run/containerd',
  '/run/netns',
  '/run/flannel',
  '/run/kubernetes',
  '/run/nri',
  '/run/xtables.lock',
];

/** What each section is asked by, inside. Numbers that a kernel gives anew each time are cut out. */
const sections: Readonly<Record<string, string>> = {
  mounts: "sed 's/ [0-9]* [0-9]*$//' /proc/mounts | cut -d' ' -f 2,3 | grep -v ' /run/user/' | sort",
  links: "ip -o link show | sed 's/^[0-9]*: //;s/@.*//;s/:.*//' | sort",
  // A power cut takes the cable away: the next one has another hardware address, and the link's own address with it.
  // An address is tentative for a second after the boot.
  addresses:
    "ip -o addr show | sed 's/^[0-9]*: //;s/valid_lft.*//;s/ tentative//;s/inet6 fe80::[0-9a-f:]*/inet6 fe80::/' | sort",
  routes: 'ip -4 route show; ip -6 route show | grep -v ^fe80; ip addrlabel',
  rules: 'ip -4 rule show; ip -6 rule show',
  namespaces: 'ls -A /run/netns 2>/dev/null',
  cgroups:
    "find /sys/fs/cgroup -type d \\( -name '*kubepods*' -o -name 'k8s.io' -o -name '*kubelet*' -o -name '*containerd*' -o -name 'podstrap*' \\) | sort",
  processes:
    "ps -eo comm= | grep -vE '^(ps|sh|sort|grep|sleep|sshd.*|sudo|kworker.*|systemd.*|\\(sd-pam\\))$' | sort -u",
  sysctls: `sysctl -a 2>/dev/null | grep -vE '${restless}' | sort`,
  filter: 'nft list ruleset',
  units:
    "systemctl list-units --all --plain --no-legend --type=service,mount,slice,timer | awk '{ print $1, $3 }' | grep -vE '^(user|session|run-user|system-|sshd@|ssh@|systemd-)' | sort",
  run: `for f in ${runs.join(' ')}; do [ ! -e "$f" ] || find "$f"; done`,
  logs: "find /var/log -mindepth 1 ! -path '/var/log/journal*' ! -name 'wtmp*' ! -name 'btmp*' ! -name 'lastlog*' | sort",
};

/** Looks at a host from outside and inside; changes nothing there. */
export async function hostState(lab: Lab, host: string): Promise<HostState> {
  const found: Record<string, readonly string[]> = {};
  for (const [name, script] of Object.entries(sections)) {
    const { stdout } = await lab.exec(host, script);
    found[name] = stdout.split('\n').filter((line) => line !== '');
  }
  const files = await fingerprint(lab, host);
  found['files'] = [...files].map(([path, what]) => `${path} ${what}`);
  return found;
}

/** What of a state is not as it was, one line each: `+` for what is new, `-` for what is gone. */
export const changes = (before: HostState, after: HostState): readonly string[] =>
  Object.keys(before).flatMap((section) => {
    const [was, is] = [new Set(before[section]), new Set(after[section])];
    return [
      ...[...is].filter((line) => !was.has(line)).map((line) => `${section} + ${line}`),
      ...[...was].filter((line) => !is.has(line)).map((line) => `${section} - ${line}`),
    ];
  });
