import { word } from '../../host/shell.js';
import { podNames } from '../../kubernetes/pod-names.js';

/** Seconds that a process gets to end by itself before it is killed. */
const stopDeadline = 8;

/**
 * Shell function `end COMPONENT`: ends a static pod through the runtime, its containers and what holds its sandbox, while
 * no kubelet is there to start them again. One of people's own is told by its name on this node, see `nodeName`. `left` then prints what of it still runs.
 */
export const endPods = `
of() { case $1 in ${podNames.join('|')}) ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"=='"$1"',labels."io.kubernetes.pod.namespace"==kube-system' \
  'labels."component"=='"$1"',labels."io.cri-containerd.kind"==sandbox';;
  *) ctr -n k8s.io containers ls -q 'labels."io.kubernetes.pod.name"=="'"$1-$N"'"';; esac; }
left() { ctr -n k8s.io tasks ls | while read -r i _ s; do [ "$s" = RUNNING ] && echo "$i"; done | grep -Fx "$ids"; }
end() { ids=$(of "$1"); [ -n "$ids" ] || return 0; for s in SIGTERM SIGKILL; do
  for i in $(left); do ctr -n k8s.io tasks kill -s $s "$i" >/dev/null 2>&1; done
  n=${stopDeadline * 10}; while [ "$n" -gt 0 ] && [ -n "$(left)" ]; do n=$((n-1)); sleep 0.1; done; done; }`;

/** The variable by which the functions tell static pods of people's own: a kubelet puts the node behind their names. */
export const nodeName = (host: string): string => `N=${word(host)}\n`;
