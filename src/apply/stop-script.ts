import { virtualAddressPod } from '../desired/component.js';
import { paths } from '../host/paths.js';
import { at } from '../host/shell.js';
import { awaitSwitch, fence } from './fence.js';

/** What needs the etcd beside it, and first of all what holds a virtual address: another host takes it over. An API server that ends by itself takes its address out of the list of the others. */
const components = [virtualAddressPod, 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** Looks, two a second, at whether an API server still runs: it lets its requests end, for up to a minute. */
const looks = 130;

/**
 * Ends the components of a control plane that leaves, while its etcd still answers them. One that does not end in time is
 * left for the reset. Pure.
 */
export const stopScript = (lockId: string): string => `${fence(lockId)}
exec 1>&2
${awaitSwitch}
rm -f ${components.map((name) => at(`${paths.manifests}/${name}.yaml`)).join(' ')} || exit 1
[ -e "$R/run/containerd/containerd.sock" ] || exit 0
ids() { ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==kube-apiserver,labels."io.kubernetes.pod.namespace"==kube-system'; }
runs() { i=$(ids); [ -n "$i" ] && ctr -n k8s.io tasks ls | while read -r t _ s; do [ "$s" = RUNNING ] && echo "$t"; done | grep -qFx "$i"; }
n=${looks}; while [ "$n" -gt 0 ] && runs; do n=$((n-1)); sleep 0.5; done
exit 0
`;
