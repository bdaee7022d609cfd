/** Seconds that a process gets to end by itself before it is killed. */
const stopDeadline = 8;

/**
 * Shell function `end COMPONENT`: ends a static pod through the runtime, its containers and what holds its sandbox, while
 * no kubelet is there to start them again. `left` then prints what of it still runs.
 */
export const endPods = `
of() { ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"=='"$1"',labels."io.kubernetes.pod.namespace"==kube-system' \
  'labels."component"=='"$1"',labels."io.cri-containerd.kind"==sandbox'; }
left() { ctr -n k8s.io tasks ls | while read -r i _ s; do [ "$s" = RUNNING ] && echo "$i"; done | grep -Fx "$ids"; }
end() { ids=$(of "$1"); [ -n "$ids" ] || return 0; for s in SIGTERM SIGKILL; do
  for i in $(left); do ctr -n k8s.io tasks kill -s $s "$i" >/dev/null 2>&1; done
  n=${stopDeadline * 10}; while [ "$n" -gt 0 ] && [ -n "$(left)" ]; do n=$((n-1)); sleep 0.1; done; done; }`;
