import { podsWith } from '../../desired/pods/own-pods.js';
import { paths } from '../../host/paths.js';
import { endPods } from './end-pods.js';

/** Those that are ended last, in their order. */
const last = podsWith(({ switched }) => switched === 'server' || switched === 'store').toReversed();

/** Seconds that pods get to end by themselves: what Kubernetes gives them where they do not ask for more. */
const grace = 30;

/** Where the runtime keeps one folder for each of its running tasks in the kubelet's namespace. */
export const bundles = '/run/containerd/io.containerd.runtime.v2.task/k8s.io';

/**
 * Shell functions that end all that a kubelet has started, in the order in which it is missed least: pods of the API and
 * the other components, then the API server, then etcd, then what holds the sandboxes.
 *
 * `end_pods` does it through the runtime, with grace. `end_rest` is for what no runtime answers for: a shim lives on when
 * its containerd is dead, and so do its containers. `cgroups` prints the folders of pods' cgroups, the deepest first.
 */
export const endWorkloads = `${endPods}
bundles="$R${bundles}"
runtime() { [ -e "$R/run/containerd/containerd.sock" ] && timeout 30 ctr -n k8s.io tasks ls -q >/dev/null 2>&1; }
alive() { ctr -n k8s.io tasks ls | while read -r i _ s _; do case $s in RUNNING|PAUSED) echo "$i";; esac; done; }
signal() { for i in $(left); do ctr -n k8s.io tasks kill -s "$1" "$i" >/dev/null 2>&1 & done; wait; }
calm() { n=$(($1 * 5)); while [ "$n" -gt 0 ] && [ -n "$(left)" ]; do n=$((n-1)); sleep 0.2; done; }
end_pods() {
  late=$(ctr -n k8s.io containers ls -q 'labels."io.cri-containerd.kind"==sandbox'; of etcd; of kube-apiserver)
  ids=$(alive | grep -vxF "$late"); [ -z "$ids" ] || { signal SIGTERM; calm ${grace}; signal SIGKILL; calm 10; }
  for c in ${last.join(' ')}; do end $c; done
  ids=$(alive); [ -z "$ids" ] || { signal SIGKILL; calm 10; }
  for i in $(ctr -n k8s.io tasks ls -q); do ctr -n k8s.io tasks rm -f "$i" >/dev/null 2>&1; done
  for i in $(ctr -n k8s.io containers ls -q); do ctr -n k8s.io containers rm "$i" >/dev/null 2>&1; done
}
shims() { s=$(grep -ls containerd-shim "$R"/proc/[0-9]*/cmdline) || return 0
  for i in $(grep -lszxF k8s.io $s); do i=\${i%/cmdline}; case $(readlink "$i/exe") in *containerd-shim*) echo "\${i##*/}";; esac; done; }
cgroups() { find "$R"/sys/fs/cgroup -depth -type d \\( ${['kubepods', 'kubepods.slice', 'k8s.io'].flatMap((name) => [`-path '*/${name}'`, `-path '*/${name}/*'`]).join(' -o ')} \\) 2>/dev/null; }
end_rest() {
  c="$R/usr/local/sbin/runc"; [ -x "$c" ] || c=runc
  for i in "$R"/run/containerd/runc/k8s.io/*; do [ ! -e "$i" ] || "$c" --root "$R/run/containerd/runc/k8s.io" delete --force "\${i##*/}" >/dev/null 2>&1; done
  cgroups | while read -r g; do { while read -r i; do [ "$i" = 0 ] || kill -9 "$i"; done <"$g/cgroup.procs"; } 2>/dev/null; done
  for i in $(shims); do kill -9 "$i" 2>/dev/null; done
  n=50; while [ "$n" -gt 0 ] && [ -n "$(shims)" ]; do n=$((n-1)); sleep 0.2; done
}
end_cgroups() {
  case $(cgroups) in *kubepods.slice*) systemctl stop kubepods.slice 2>/dev/null;; esac
  n=25; while cgroups | while read -r g; do rmdir "$g" 2>/dev/null; done; [ "$n" -gt 0 ] && [ -n "$(cgroups)" ]; do n=$((n-1)); sleep 0.2; done
}
stop_kubelet() {
  [ ! -e "$R${paths.kubeletUnit}" ] || systemctl disable -q kubelet.service 2>/dev/null
  systemctl stop kubelet.service 2>/dev/null
  ! systemctl is-active -q kubelet.service
}`;
