import { etcdIds, etcdUserName } from '../../desired/hardening/etcd-user.js';
import { etcdMarkerPattern } from '../../desired/pods/etcd-marker.js';
import { selinuxSwitch } from '../../host/labels.js';
import { paths } from '../../host/paths.js';
import { publicLines } from '../../host/public-kubeconfig.js';
import { at, word } from '../../host/shell.js';
import { memoryMarkCommand } from '../memory/memory-mark.js';

/** What one probe of one host is to look at. */
export interface ProbeRequest {
  /** Paths to stat. */
  readonly files: readonly string[];
  /** The subset of `files` to hash as well. Binaries are told by their record instead; see paths.binaryRecord. */
  readonly hashes: readonly string[];
  readonly sysctls: readonly string[];
  readonly modules: readonly string[];
  /** Units, and the files that each reads at its start. */
  readonly units: Readonly<Record<string, readonly string[]>>;
  readonly etcdDataDir: string;
  /** Whether etcd is to run as a user of its own there. */
  readonly etcdUser?: boolean;
  /** Directories whose free space matters, beside those that matter on every host. */
  readonly disks?: readonly string[];
}

/** Tools beyond the shell itself that podstrap's scripts need on a host. */
const tools = [
  'tar',
  'sha256sum',
  'stat',
  'base64',
  'chmod',
  'chown',
  'mkdir',
  'mv',
  'rm',
  'cp',
  'cat',
  'sync',
  'df',
  'sysctl',
  'modprobe',
  'find',
  'sed',
  'grep',
  'mktemp',
  'flock',
  'readlink',
  'timeout',
];

/** A tool with an option that busybox' own lacks. */
export const findByChange = 'find with -cnewer';

const caDirectories = [
  '/etc/ca-certificates',
  '/usr/share/ca-certificates',
  '/usr/local/share/ca-certificates',
  '/etc/pki/ca-trust',
  '/etc/pki/tls/certs',
];

/** Where systemd looks for units and their drop-ins. */
const unitDirectories = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
];

/** Paths whose free space matters on every host. */
const diskPaths = [
  '/etc',
  '/etc/systemd/system',
  '/usr/local',
  '/opt',
  '/var/lib',
  '/var/lib/containerd',
  '/var/lib/kubelet',
  '/var/lib/etcd',
];

/** Mode, owner, size, change time, inode, type, name; parse-probe.ts reads it. */
const statFormat = '%a %u %g %s %Z %i %F %n';
/** Of what a link leads to: a data directory on another disk is a directory, and chmod(1) follows links, too. */
const stat = `stat -c '${statFormat}' -L`;

/** systemd makes this link of a unit, with its name behind, anew at each start. */
const invocation = '$R/run/systemd/units/invocation:';

/**
 * Names the files of a unit that were written after it started, by a run that was not finished: a run ends between the
 * two when it is killed. Only then is there a record of what was replaced, so files that others touch mean nothing.
 * The link of the unit's invocation tells the time of that by the clock of the files. The change time is the one to compare,
 * since a file is written before it gets its name.
 */
const rewritten = `rewritten() { u=$1; s="${invocation}$u"; shift
for f; do case $kept in *" c:$f
"*) [ -e "$R$f" ] && { [ ! -L "$s" ] || [ -n "$(find "$R$f" -cnewer "$s")" ]; } && echo "$u $f";; esac; done; }
kept="$(cat "$R${paths.replaced}")
"`;

/**
 * Prints what units are, each with its state. That of `systemctl show` is what systemd remembers of its last look, and
 * this is what its folders say, which decides at the next boot. Asked of files that are there: older releases stop at
 * the first one that is not.
 */
const enabled = (
  units: string,
) => `e=; for v in ${units}; do [ -e "$R/etc/systemd/system/$v" ] && e="$e $v"; done
[ -n "$e" ] && set -- $(systemctl is-enabled $e) && for v in $e; do echo "$v $1"; shift; done`;

/**
 * Prints, as the section `etcd-account`, what the host's own lists say of etcd's user and group, and which of the ids that it
 * may get somebody has. What else is in those lists is nobody's business.
 */
const etcdAccount = `t etcd-account; command -v systemd-sysusers >/dev/null || echo missing-tool
taken() { case $1 in [0-9][0-9][0-9]) [ "$1" -lt ${etcdIds.last} ] || [ "$1" -gt ${etcdIds.first} ] || echo "taken $1";; esac; }
while IFS=: read -r n _ i g _; do [ "$n" != ${etcdUserName} ] || echo "user $i:$g"; taken "$i"; taken "$g"; done <"$R/etc/passwd"
while IFS=: read -r n _ g _; do [ "$n" != ${etcdUserName} ] || echo "group $g"; taken "$g"; done <"$R/etc/group"
`;

const list = (paths: readonly string[]): string => paths.map(at).join(' ');

/**
 * Prints, as the section `generations`, the last run that was finished, those that are kept, and what lies there although
 * nobody needs it any more: inventories as they were written, and what was replaced by runs that are finished.
 */
export const generationsScript = `t generations; read -r v <"$R${paths.generation}" && echo "at $v"
for g in "$R${paths.generations}"/*/generation.json; do [ -e "$g" ] && g=\${g%/*} && echo "kept \${g##*/}"; [ -e "$g/sources.json" ] && echo "inventory \${g##*/}"; done
[ -e "$R${paths.replaced}" ] || for f in "$R${paths.store}"/*; do [ -e "$f" ] && ! grep -qs " \${f##*/} c:" "$R${paths.origin}" && echo "store left" && break; done`;

/**
 * The read-only probe: one POSIX sh script, one round trip. It prints sections, see sections.ts; parse-probe.ts reads
 * them. Names of processes, which anybody on the host chooses, come last. Few forks, because a thousand hosts are probed at once.
 */
export function probeScript(request: ProbeRequest): string {
  const units = Object.keys(request.units).map(word).join(' ');
  const disks = [...new Set([...diskPaths, ...(request.disks ?? [])])].map(word).join(' ');
  return `
exec 2>/dev/null
P="$R/proc"
t host; echo "root $R"; echo "uname $(uname -r) $(uname -m)"; echo "date $(date +%s)"; echo "kubelet-since $(stat -c %Y "${invocation}kubelet.service")"; echo "uid $(id -u)"
read -r v <"$P/sys/kernel/hostname" && echo "hostname $v"
read -r v <"$R/etc/machine-id" && echo "machine-id $v"
read -r v <"$P/sys/kernel/random/boot_id" && echo "boot-id $v"
[ -r "$R/etc/os-release" ] && (. "$R/etc/os-release"; echo "os $ID $PRETTY_NAME")
[ -d "$R/run/systemd/system" ] && echo systemd yes
if [ -e "$R/sys/fs/cgroup/cgroup.controllers" ]; then echo cgroup 2; read -r v <"$R/sys/fs/cgroup/cgroup.controllers"; echo "controllers $v"
else echo "controllers $(while read -r c _ _ on; do [ "$on" = 1 ] && echo "$c"; done <"$P/cgroups" | tr '\\n' ' ')"; fi
[ -e "$P/sys/kernel/seccomp/actions_avail" ] && echo seccomp yes
echo "cpus $(nproc)"
read -r _ v _ <"$P/meminfo" && echo "memory $v"
{ read -r _; read -r v && echo "swap $v"; } <"$P/swaps"
resolver() { while read -r k a _; do [ "$k" = nameserver ] && echo "$a"; done <"$1"; }
echo "resolver $(resolver "$R/etc/resolv.conf" | tr '\\n' ' ')"
[ -s "$R/run/systemd/resolve/resolv.conf" ] && echo resolved yes
for d in ${caDirectories.join(' ')}; do [ -d "$R$d" ] && echo "ca-directory $d"; done
for c in ${tools.join(' ')}; do command -v $c >/dev/null || echo "missing-tool $c"; done
find / -prune -cnewer / >/dev/null || echo ${word(`missing-tool ${findByChange}`)}
if [ -e "$R${selinuxSwitch}" ]; then read -r v <"$R${selinuxSwitch}"; echo "selinux $v"; command -v restorecon >/dev/null || echo 'missing-tool restorecon'; fi
for m in ${request.modules.map(word).join(' ')}; do
  if [ -d "$R/sys/module/$m" ] || grep -q "^$m " "$P/modules"; then echo "module $m"; else
  case $m in overlay) grep -qw overlay "$P/filesystems" && echo "module $m";;
  br_netfilter) [ -e "$P/sys/net/bridge/bridge-nf-call-iptables" ] && echo "module $m";; *) false;; esac || modprobe -nq "$m" || echo "missing-module $m"; fi
done
t network; for c in ip nft iptables; do command -v $c >/dev/null && echo "program $c"; done
for f in "$R"/etc/cni/net.d/*.conf "$R"/etc/cni/net.d/*.conflist; do [ -e "$f" ] && echo "plugin \${f##*/}"; done
t addresses; ip -o addr show; t links; ip -o link show
t routes; ip -4 route show; ip -6 route show
t sysctls; ${request.sysctls.length === 0 ? ':' : `grep -H '' ${request.sysctls.map((name) => at(`/proc/sys/${name.replaceAll('.', '/')}`)).join(' ')}`}
t disk-paths; printf '%s\\n' ${disks}; t disks; for d in ${disks}; do
  while [ ! -d "$R$d" ] && [ "$d" != / ] && [ -n "$d" ]; do d=\${d%/*}; done; set -- "$@" "$R$d/"; done; df -Pk "$@"
t mounts; grep -v -e ' /var/lib/kubelet/' -e ' /run/' -e ' /proc/' -e ' /sys/' "$P/mounts" | cut -d ' ' -f 2,4
u=$(systemctl show -p Id,ActiveState,NeedDaemonReload,MainPID ${units} firewalld.service ufw.service)
t units; echo "$u"
t enabled; ${enabled(units)}
t outdated; for p in $u; do case $p in MainPID=[1-9]*)
  case $(readlink "$P/\${p#*=}/exe") in *' (deleted)') echo "\${p#*=}";; esac;; esac; done
t rewritten; if [ -s "$R${paths.replaced}" ]; then ${rewritten}
${Object.entries(request.units)
  .map(([unit, files]) => `rewritten ${[unit, ...files].map(word).join(' ')}`)
  .join('\n')}
fi
t drop-ins; for d in ${unitDirectories.join(' ')}; do for u in ${units}; do
  for f in "$R$d/$u.d"/*.conf; do [ -e "$f" ] && echo "\${f#"$R"}"; done; done; done
f="$R${paths.manifests}/kube-apiserver.yaml"; [ -e "$f" ] && grep -q -e --kubelet-certificate-authority= "$f" && t checks-kubelets
t api-port; [ -e "$f" ] && grep -o -e '--secure-port=[0-9]*' "$f"
t encryption; [ -e "$f" ] && sed -n 's/^ *- *--encryption-provider-config=//p' "$f" | tail -n 1
t manifests; ls -Ap "$R${paths.manifests}"
t parked; ls -A "$R${paths.parked}"
t record; cat "$R${paths.clusterRecord}"; echo; [ -e "$R${paths.bootstrapped}" ] && echo bootstrapped
${generationsScript}
echo "mark $(${memoryMarkCommand})"
t node; grep -o 'user: .*system:node:[^"]*' "$R${paths.kubernetes}/kubelet.conf"
t applied; cat "$R${paths.applied}"
t etcd; for w in ${at(request.etcdDataDir)}/member/wal/*.wal; do [ -e "$w" ] && echo data && break; done
for m in ${at(request.etcdDataDir)}/member/${etcdMarkerPattern}; do [ -e "$m" ] && echo "marker \${m##*/}"; done
ls -A ${at(request.etcdDataDir)} | head -n 20 | sed 's/^/entry /'
r=$(readlink -f "$R/") && d=$(readlink -f ${at(request.etcdDataDir)}) && [ -d "$d" ] && echo "leads \${d#"\${r%/}"}"
read -r v <"$R${paths.restoring}" && echo "restoring $v"
${request.etcdUser === true ? etcdAccount : ''}t incoming; [ -d "$R${paths.incoming}" ] && cd "$R${paths.incoming}" && [ -n "$(ls -A)" ] && stat -c '%s %n' $(ls -A)
t binaries; cat "$R${paths.binaryRecord}"
t files; ${stat} ${list(request.files)} $(sed "s#^.* #$R#" "$R${paths.binaryRecord}")
t hashes; ${request.hashes.length === 0 ? ':' : `sha256sum ${list(request.hashes)}`}
if [ -e "$R/run/containerd/containerd.sock" ]; then
t tasks; ctr -n k8s.io tasks ls
S=',labels."io.cri-containerd.kind"==sandbox'
for r in $(grep -h '^ *podstrap.io/revision: ' "$R${paths.manifests}"/* | tr -cd 'a-f0-9 \n' | sed 's/.* //' | sort -u); do
  t sandboxes "$r"; ctr -n k8s.io containers ls -q 'labels."podstrap.io/revision"=='"$r$S"; done
t 'sandboxes *'; ctr -n k8s.io containers ls -q 'labels."podstrap.io/revision"'"$S"
t images; ctr -n k8s.io images ls
t content; ctr -n k8s.io content ls -q
fi
t ports; if command -v ss >/dev/null; then ss -Hltnp; else
  cat "$P/net/tcp" "$P/net/tcp6" | while read -r _ l _ st _; do [ "$st" = 0A ] && echo "hex \${l##*:}"; done; fi
t end
`;
}

/** Which kubelet is asked for its version. */
export interface KubeletQuestions {
  /** The one on the disk. */
  readonly disk: boolean;
  /** The one that runs, whose program may be gone from the disk. */
  readonly running: boolean;
}

/** Prints, as the sections `kubelet` and `running-kubelet`, what kubelets say that they are. */
export const kubeletScript = ({ disk, running }: KubeletQuestions): string =>
  [
    ...(disk ? [`t kubelet; ${at(paths.kubelet)} --version`] : []),
    ...(running
      ? [
          `t running-kubelet; p=$(systemctl show -p MainPID kubelet.service); "$R/proc/\${p#*=}/exe" --version`,
        ]
      : []),
  ].join('\n');
/** Reads whole files, kubeconfigs without their keys, and hashes others: asked only for what the probe left open. */
export function detailScript(
  contents: readonly string[],
  kubeconfigs: readonly string[],
  hashes: readonly string[],
  kubelets: KubeletQuestions = { disk: false, running: false },
): string {
  const show = contents.map((path) => `t ${word(`content ${path}`)}; base64 ${at(path)}`).join('\n');
  const open = kubeconfigs
    .map((path) => `t ${word(`content ${path}`)}; grep -E ${word(publicLines)} ${at(path)} | base64`)
    .join('\n');
  const look =
    hashes.length === 0 ? '' : `t files; ${stat} ${list(hashes)}\nt hashes; sha256sum ${list(hashes)}`;
  return `exec 2>/dev/null\nt host; echo "root $R"\n${show}\n${open}\n${look}\n${kubeletScript(kubelets)}\nt end\n`;
}
