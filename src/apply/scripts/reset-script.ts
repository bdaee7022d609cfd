import { hardeningPlaces } from '../../desired/hardening/places.js';
import type { DesiredHost } from '../../desired/resource.js';
import { paths } from '../../host/paths.js';
import { at, word } from '../../host/shell.js';
import { endPostsScript } from '../transfer/relay-script.js';
import { addressFunctions } from './address-script.js';
import { clearNetwork } from './clear-network-script.js';
import { clearTrees } from './clear-trees-script.js';
import { dropUsers } from './drop-users-script.js';
import { endWorkloads } from './end-workloads-script.js';
import { awaitSwitch, fence, lockLostCode } from './fence.js';
import { filledTrees } from './origin-script.js';
import { putBack } from './put-back-script.js';

/** What a reset deletes on one host, for people to read first and for the script to do. */
export interface ResetPlan {
  readonly units: readonly string[];
  readonly files: readonly string[];
  /** Emptied, but for what they held before podstrap came and for what is mounted in them. */
  readonly trees: readonly string[];
  /** Where etcd's data is: what is etcd's own goes, and nothing else that is there. */
  readonly etcdDataDir: string;
  /** Removed when nothing of others is in them. */
  readonly directories: readonly string[];
  readonly images: readonly string[];
  /** Those of the files that containerd is made of: they stay while it has something of others. */
  readonly runtime: readonly string[];
}

/** Folders of the runtime: they stay where the runtime does. */
const runtimeData = ['/var/lib/containerd', '/var/lib/cni', '/opt/containerd', '/run/containerd'];

/** What podstrap brought to a host, from what the host should have. Pure. */
export function resetPlan(wanted: DesiredHost, etcdDataDir: string): ResetPlan {
  const files: string[] = [];
  const directories: string[] = [];
  const units: string[] = [];
  const images: string[] = [];
  for (const resource of wanted.resources) {
    if (resource.kind === 'directory') directories.push(resource.path);
    else if (resource.kind === 'unit') units.push(resource.name);
    else if (resource.kind === 'image') images.push(resource.ref);
    else if ('path' in resource) files.push(resource.path);
    if (resource.kind === 'certificate' && resource.key) files.push(resource.key.path);
  }
  const trees = [...filledTrees, '/run/containerd', paths.stagingKubernetes];
  const parents = files
    .map((file) => file.slice(0, file.lastIndexOf('/')))
    .filter((path) => path.includes('kubernetes'));
  const deepestFirst = [...new Set([...directories, ...parents, etcdDataDir])]
    .filter((path) => !trees.includes(path as (typeof trees)[number]))
    .sort((a, b) => b.split('/').length - a.split('/').length || a.localeCompare(b));
  return {
    units: units.reverse(),
    files,
    trees,
    etcdDataDir,
    directories: deepestFirst,
    images,
    runtime: files.filter((path) => /\/(containerd[^/]*|ctr|runc)$|\/containerd\//.test(path)),
  };
}

/** Modules that pods and their network bring into a kernel. */
const modules =
  'br_netfilter|bridge|dummy|ip_set*|ip_tables|ip6_tables|ip_vs*|iptable_*|ip6table_*|llc|nf_*|nfnetlink*|nft_*|overlay|stp|veth|vxlan|x_tables|xt_*';

/** How a host tells that podstrap was at work on it: one without any of these is left alone. */
const traces = [
  paths.origin,
  paths.applied,
  paths.clusterRecord,
  paths.bootstrapped,
  paths.stagingKubernetes,
  '/etc/sysctl.d/90-podstrap.conf',
  paths.podNetworkScript,
];

/**
 * What podstrap keeps in its folder, as patterns. Where somebody has put a link in the folder's place, what is not among these
 * belongs to whoever else uses that disk.
 */
const memories = [
  ...Object.values(paths)
    .filter((path) => path.startsWith(`${paths.podstrap}/`))
    .map((path) => path.slice(paths.podstrap.length + 1)),
  'cluster.json.*',
  'stage',
  'switch.sh',
  'etcd-image',
  '.[a-z]*.[0-9]*',
];

/** A host that never had this manifest has no etcd of podstrap's, whatever lies where its data would be. */
const etcdManifest = `${paths.manifests}/etcd.yaml`;

/** Prints, a line each, what containerd has in other namespaces than the kubelet's. */
const othersOfRuntime = `
others() { for i in $(ctr namespaces ls -q 2>/dev/null); do [ "$i" != k8s.io ] || continue
  c=$(ctr -n "$i" containers ls -q 2>/dev/null | grep -c .); m=$(ctr -n "$i" images ls -q 2>/dev/null | grep -c .)
  [ "$c$m" = 00 ] || echo "namespace $i: $c containers, $m images"; done; }`;

/**
 * Puts a host back to what it was before podstrap came, as its record of the origin has it: the kubelet first so that
 * nothing is restarted, then pods with the grace that Kubernetes gives them, the network, mounts, the runtime, files,
 * kernel settings; at last it proves that all of it is gone. Every part may be gone already, so that a reset that was
 * interrupted can be repeated; podstrap's memory on the host goes last. Prints `@stays WHAT` for what is left on purpose.
 * Fails with `@left WHAT` for what should be gone and is not.
 */
export const resetScript = (
  { units, files, trees, etcdDataDir, directories, images, runtime }: ResetPlan,
  lockId: string,
): string => `${fence(lockId)}
${awaitSwitch}
exec 3>&1 1>&2
told() { while IFS= read -r l; do [ -z "$l" ] || echo "$1 $l" >&3; done; }
forget() { cd /; d="$R${paths.podstrap}"
  for i in "$d"/* "$d"/.[!.]*; do case \${i##*/} in origin|store|lock) continue;; ${memories.join('|')}) ;; *) [ ! -L "$d" ] || continue;; esac; rm -rf "$i"; done
  [ -n "$stays" ] || rm -rf "$R${paths.store}" "$R${paths.origin}"
  rm -f "$R${paths.lock}"; rmdir "$R${paths.podstrap}" 2>/dev/null; }
stays=
${endPostsScript}
[ -n "$(for f in ${traces.map(at).join(' ')}; do [ ! -e "$f" ] || echo "$f"; done)" ] || { forget; exit 0; }
O="$R${paths.origin}"; D="$R${paths.store}"; E=${at(etcdDataDir)}${addressFunctions}${endWorkloads}${clearNetwork}${clearTrees}${putBack}${othersOfRuntime}${dropUsers}
v=$(address_of_pod); born=${files.includes(etcdManifest) ? '1' : ''}
[ -n "$born" ] || ! grep -qsE '[ :]${etcdManifest}$' "$O" "$R${paths.applied}" || born=1
stop_kubelet || { echo 'kubelet.service does not stop' | told @left; exit 1; }
case $(value_of u:containerd.service) in ''|absent|not-found) theirs=;; *) theirs=1;; esac
[ -e "$O" ] || for f in /usr/lib/systemd/system /lib/systemd/system; do [ ! -e "$R$f/containerd.service" ] || theirs=1; done
full=; [ -z "$(ls -A "$bundles" 2>/dev/null)" ] || full=1
runtime || [ -z "$full$theirs" ] || systemctl start containerd.service 2>/dev/null
see_network
other=; mute=; ipvs=
if runtime; then end_pods; other=$(others); else mute=$theirs; fi
end_rest
[ -z "$v" ] || drop_address "$v"
clear_network
let_go
fenced >&3 || exit ${lockLostCode}
if [ -n "$theirs$other" ] && runtime; then
  for i in $(ctr -n k8s.io images ls -q); do grep -qsxF -e "- - - i:$i" "$O" || ctr -n k8s.io images rm "$i" >/dev/null 2>&1; done
${images.length === 0 ? '' : `  [ -e "$O" ] || ctr -n k8s.io images rm ${images.map(word).join(' ')} >/dev/null 2>&1\n`}fi
[ -z "$theirs$other" ] || for i in containers sandboxes; do clear /var/lib/containerd/io.containerd.grpc.v1.cri/$i; clear /run/containerd/io.containerd.grpc.v1.cri/$i; done
if [ -n "$other" ] && [ -z "$theirs" ]; then stays="
${[...runtime, ...runtimeData].join('\n')}
"; echo "$other" | sed 's/^/containerd and its data, for its /' | told @stays; fi
for u in ${units.map(word).join(' ')}; do case $u in containerd.service) [ -z "$theirs$stays" ] || continue;; esac
  systemctl disable -q --now "$u" 2>/dev/null; done
end_cgroups
let_go
[ -n "$theirs$stays" ] || { rm -f "$R/run/nri/nri.sock"; rmdir "$R/run/nri" 2>/dev/null; }
command -v iptables >/dev/null || rm -f "$R/run/xtables.lock"
gone_trees() { for d in ${trees.map(word).join(' ')}; do case $stays in *"
$d
"*) continue;; esac; case $d in ${runtimeData.join('|')}) [ -z "$theirs" ] || continue;; esac; "$1" "$d"; done; }
gone_trees clear
clear_etcd "\${E#"$R"}"
gone_trees staying_mounts | sed 's/^/what is mounted at /' | told @stays
others_in_etcd "\${E#"$R"}" | sed "s#^#in \${E#"$R"} what is not etcd’s: #" | told @stays
each_file() { for f in ${files.map(word).join(' ')}; do case $stays in *"
$f
"*) ;; *) "$1" "$R$f";; esac; done; }
drop() { rmdir "$R$1" 2>/dev/null; }
drop_file() { rm -f "$1"; }
there() { [ ! -e "$1" ] && [ ! -L "$1" ] || echo "$1"; }
rmdir "$R${paths.stagingKubernetes}" "$R/run/containerd" 2>/dev/null
drop_users | told @stays
if [ -e "$O" ]; then put_back
else
  each_file drop_file
  gone_trees drop
fi
[ -z "$theirs" ] || rmdir "$R"/var/lib/cni/networks/* "$R/var/lib/cni/networks" "$R/var/lib/cni/results" 2>/dev/null
[ -e "$O" ] || rmdir ${directories.map(at).join(' ')} 2>/dev/null
put_settings | told @stays
[ -z "$(ls -A ${at(hardeningPlaces.auditFolder)} 2>/dev/null)" ] || echo '${hardeningPlaces.auditFolder}, the audit log' | told @stays
[ -z "$ipvs" ] || ! grep -qsE '^(TCP|UDP|SCTP|FWM) ' "$R/proc/net/ip_vs" || echo 'until the next boot, virtual servers of IPVS' | told @stays
[ -e "$O" ] || echo 'kernel settings as they are: an earlier podstrap did not note those of before' | told @stays
systemctl daemon-reload; systemctl reset-failed kubelet.service containerd.service 2>/dev/null
put_units
proof() {
  systemctl is-active -q kubelet.service && [ -z "$(value_of a:kubelet.service)" ] && echo 'kubelet.service, which runs'
  [ -n "$theirs$stays" ] || ! systemctl is-active -q containerd.service || echo 'containerd.service, which runs'
  shims | sed 's/^/a shim of a sandbox, process /'
  own_mounts | sed 's/^[^ ]* /what is mounted at /'
  [ -z "$mute" ] || echo 'what containerd has in the namespace k8s.io: it does not answer'
  for i in $nets; do [ ! -e "$R/run/netns/$i" ] || echo "network namespace $i"; done
  cgroups | head -n 3 | sed 's/^/cgroup /'
  ! command -v nft >/dev/null || nft -a list ruleset </dev/null | chains_of_pods | sed -n 's/^delete chain /in the packet filter, the chain /p' | head -n 3
  gone_trees led_away; gone_trees remains; remains_of_etcd "\${E#"$R"}"
  users_left
  if [ -e "$O" ]; then not_back; else each_file there; fi
}
left=$(proof 2>/dev/null | head -n 20)
[ -z "$left" ] || { echo "$left" | told @left; exit 1; }
for f in "$R"/etc/cni/net.d/*; do [ ! -e "$f" ] || echo "$f"; done | while IFS= read -r f; do grep -qsF " c:\${f#"$R"}" "$O" || echo "\${f#"$R"}, of a network plugin"; done | told @stays
[ ! -e "$O" ] || [ ! -e "$R/proc/modules" ] || { m=$(value_of o:modules); while read -r i _; do case $i in ${modules}) case ",$m" in *",$i,"*) ;; *) printf '%s ' "$i";; esac;; esac; done <"$R/proc/modules"; } |
  sed 's/ $//;s/^\\(.\\{1,\\}\\)$/until the next boot, in the kernel, the modules \\1/' | { cat; echo; } | told @stays
forget
exit 0
`;
