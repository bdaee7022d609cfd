import { paths } from '../../host/paths.js';
import { word } from '../../host/shell.js';

/**
 * Kernel settings that change under a control plane without a step of podstrap's: the kubelet and kube-proxy set them when
 * they start. https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/cm/container_manager_linux.go
 */
const settings = [
  'kernel.keys.root_maxbytes',
  'kernel.keys.root_maxkeys',
  'kernel.panic',
  'kernel.panic_on_oops',
  'net.ipv4.conf.all.route_localnet',
  'net.ipv4.ip_forward',
  'net.ipv4.vs.conn_reuse_mode',
  'net.ipv4.vs.conntrack',
  'net.ipv4.vs.expire_nodest_conn',
  'net.ipv4.vs.expire_quiescent_template',
  'net.ipv6.conf.all.forwarding',
  'net.ipv6.conf.default.forwarding',
  'net.netfilter.nf_conntrack_max',
  'net.netfilter.nf_conntrack_tcp_be_liberal',
  'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
  'net.netfilter.nf_conntrack_tcp_timeout_established',
  'vm.overcommit_memory',
  'vm.panic_on_oom',
];

/** Units of others that podstrap's take the place of. */
const units = ['containerd.service', 'kubelet.service'];

/** Folders that a kubelet and its runtime fill by themselves, without a step of podstrap's. */
export const filledTrees = [
  '/var/lib/kubelet',
  '/var/lib/containerd',
  '/var/lib/cni',
  '/var/log/pods',
  '/var/log/containers',
  '/opt/containerd',
] as const;

/** Folders that are made for the kubelet and for pods where they are missing, and that others put their own into. */
const madeFolders = ['/usr/libexec/kubernetes/kubelet-plugins/volume/exec', '/lib/modules'];

/**
 * Shell functions for the record of the origin: what a host was like before podstrap first touched it, which a reset
 * returns to. It begins with what changes without a step, and gets a line for whatever a step changes for the first time.
 * It lasts until the reset; a host that an earlier podstrap began has none, since nobody knows any more.
 *
 * Its lines are those of the record of what is replaced (see store-script.ts), and of more kinds: `e:` an entry that a
 * folder had already, `a:` a unit that ran, `i:` an image of the runtime, `o:modules` the kernel's modules.
 */
export const originFunctions = `
O="$R${paths.origin}"
begin_origin() { for t in ${filledTrees.join(' ')} ${madeFolders.join(' ')}; do if [ -d "$R$t" ]; then echo "$(stat -c '%a %u:%g' -L "$R$t") - m:$t"; for e in "$R$t"/* "$R$t"/.[!.]*; do [ ! -e "$e" ] || echo "- - - e:$t/\${e##*/}"; done
    else d=$t; while [ -n "$d" ] && [ ! -d "$R$d" ]; do m="- - - d:$d
$m"; d=\${d%/*}; done; printf %s "$m"; m=; fi; done
  sysctl ${settings.map(word).join(' ')} 2>/dev/null | while read -r s _ v; do echo "- - $v s:$s"; done
  for u in ${units.join(' ')}; do ! systemctl is-active -q "$u" || echo "- - active a:$u"
    v=$(systemctl is-enabled "$u" 2>/dev/null); echo "- - \${v:-absent} u:$u"; done
  [ ! -e "$R/run/containerd/containerd.sock" ] || ctr -n k8s.io images ls -q 2>/dev/null | while read -r v; do echo "- - - i:$v"; done
  echo "- - $(while read -r v _; do printf '%s,' "$v"; done 2>/dev/null <"$R/proc/modules")- o:modules"; }
[ -e "$O" ] || [ -s "$A" ] || [ -s "$K" ] || { m=; begin_origin >"$O.new" && { sync "$O.new" 2>/dev/null || sync; } && mv -f "$O.new" "$O"; } || exit 1
origin="
$(cat "$O" 2>/dev/null)
"
remember() { [ -e "$O" ] || return 0; case $origin in *" $2
"*) return 0;; esac; [ -n "$begun" ] || { begun=1; echo >>"$O"; }; echo "$1 $2" >>"$O" && origin="$origin$1 $2
"; }
stored_of_origin() { [ ! -e "$O" ] || sed -n 's/^[^ ]* [^ ]* \\([0-9a-f]\\{64\\}\\) c:.*/\\1/p' "$O"; }`;
