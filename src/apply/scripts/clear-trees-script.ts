/** Parts of a tree that may be disks of their own: what is in them belongs to the tree all the same. */
const parts = ['pods', 'plugins', 'member', 'member/wal', 'member/snap', 'wal', 'snap', 'io.containerd.*'];

/** What a kubelet makes in its folder: whatever an earlier one has left of these, a later one takes for its own. */
const kubelets = [
  'actuated_pods_state allocated_pods_state checkpoints cpu_manager_state device-plugins dra_manager_state',
  'memory_manager_state plugins plugins_registry pod-resources pod_status_manager_state pods seccomp',
].join(' ');

/** Kinds of volumes that the kubelet makes itself, for one pod and no longer. Any other may hold somebody's data. */
const ephemeral = ['empty-dir', 'projected', 'secret', 'configmap', 'downward-api'];

/** Folders that belong to nobody but the system: whatever a link says, none of them is a tree of podstrap's. */
const systems =
  '/|/bin|/boot|/dev|/dev/*|/etc|/home|/home/*|/lib|/lib64|/media|/mnt|/opt|/proc|/proc/*|/root|/run|/sbin|/srv|/sys|/sys/*|/tmp|/usr|/usr/bin|/usr/lib|/usr/sbin|/usr/share|/var|/var/lib|/var/log|/var/tmp';

/**
 * Shell functions that empty folders. Each is looked at where it really is, behind links and on whatever disk.
 *
 * `clear TREE` deletes what is in a folder, and `remains TREE` prints what is left of that: both leave alone what is
 * mounted below it, since it may be a volume with somebody's data, bind mounts of the same file system included, and what
 * the folder held before podstrap came. Of etcd's
 * folder, wherever it is, only what is etcd's own is ever deleted. `let_go` unmounts what the kubelet and the runtime have mounted for pods.
 */
export const clearTrees = `
mounts_below() { while read -r _ m y _; do case $m in *\\\\*) m=$(printf '%b' "$m");; esac; case $m in "$1"/*) echo "$y $m";; esac; done <"$R/proc/mounts" | sed '1!G;h;$!d'; }
is_mount() { while read -r _ m _; do case $m in *\\\\*) m=$(printf '%b' "$m");; esac; [ "$m" != "$1" ] || return 0; done <"$R/proc/mounts"; return 1; }
real() { t=$(readlink -f "$R$1" 2>/dev/null) && [ -d "$t" ] || return 1
  case \${t#"$R"} in ''|${systems}) return 1;; esac; }
place() { t=$(readlink -f "$R$1" 2>/dev/null) && [ -d "$t" ]; }
led_away() { [ ! -d "$R$1" ] || real "$1" || echo "$1, which leads to $t, a folder of the system"; }
plain() { printf '%s\\n' "$1" | sed 's/[][*?\\\\]/\\\\&/g'; }
part() { case $1 in ${parts.join('|')}) return 0;; esac; return 1; }
was_there() { [ ! -e "$O" ] || sed -n 's/^- - - e://p' "$O" | while IFS= read -r e; do case $e in "$1"/*) e=\${e#"$1"/}
  case $1:$e in ${kubelets
    .split(' ')
    .map((name) => `/var/lib/kubelet:${name}`)
    .join('|')}) ;; *) echo "$e";; esac;; esac; done; }
sweep() ( verb=$1 p=$2; real "$p" || exit 0; set --
  while IFS= read -r e; do [ -z "$e" ] || { e=$(plain "$t/$e"); set -- "$@" ! -path "$e" ! -path "$e/*"; }; done <<EOF
$(was_there "$p")
EOF
  inner=
  while read -r _ m; do [ -n "$m" ] || continue; e=$(plain "$m"); set -- "$@" ! -path "$e" ! -path "$e/*"
    ! part "\${m#"$t"/}" || inner="$inner
\${m#"$R"}"; done <<EOF
$(mounts_below "$t")
EOF
  case $verb in delete) find "$t" -xdev -mindepth 1 -depth "$@" -delete 2>/dev/null;;
    print) if [ -z "$(mounts_below "$t")" ]; then find "$t" -mindepth 1 -maxdepth 1 "$@"; else find "$t" -xdev -mindepth 1 "$@" ! -type d; fi 2>/dev/null | head -n 3;; esac
  while IFS= read -r m; do [ -z "$m" ] || sweep "$verb" "$m"; done <<EOF
$inner
EOF
  : )
clear() { sweep delete "$1"; }
remains() { sweep print "$1"; }
unmount() { timeout 30 umount "$2" 2>/dev/null || case $1 in tmpfs|overlay|nsfs) umount -l "$2" 2>/dev/null;; esac; }
own_mounts() {
  ! real /var/lib/kubelet || mounts_below "$t" | while read -r y m; do case \${m#"$t"/} in
    pods/*/volume-subpaths/*|${ephemeral.map((kind) => `pods/*/volumes/kubernetes.io~${kind}/*`).join('|')}) echo "$y $m";; esac; done
  mounts_below "$R/var/lib/podstrap"
  { mounts_below "$R/run/containerd"; mounts_below "$R/var/lib/containerd"; } | while read -r y m; do case $m in
    */io.containerd.runtime.v2.task/k8s.io/*|*/io.containerd.grpc.v1.cri/sandboxes/*|"$R"/var/lib/containerd/tmpmounts/*) echo "$y $m";; esac; done
}
let_go() { own_mounts | while read -r y m; do unmount "$y" "$m"; done; }
staying_mounts() { ! real "$1" || mounts_below "$t" | while read -r y m; do part "\${m#"$t"/}" || echo "$m ($y)"; done; }
own_of_etcd() { [ -z "$born" ] || ! place "$1" || for e in "$t"/member "$t"/member.[0-9]*T[0-9]*Z* "$t"/podstrap-restore; do
  [ ! -e "$e" ] && [ ! -L "$e" ] || echo "\${e#"$R"}"; done; }
clear_etcd() { own_of_etcd "$1" | while IFS= read -r e; do
  if [ -d "$R$e" ]; then clear "$e"; [ -L "$R$e" ] || rmdir "$R$e" 2>/dev/null; else rm -f "$R$e"; fi; done; }
remains_of_etcd() { own_of_etcd "$1" | while IFS= read -r e; do remains "$e"
  [ -L "$R$e" ] || is_mount "$R$e" || [ -n "$(mounts_below "$R$e")" ] || echo "$R$e"; done; }
others_in_etcd() { [ -z "$born" ] || ! place "$1" || ls -A "$t" | grep -vxF -e lost+found -e member | head -n 5; }`;
