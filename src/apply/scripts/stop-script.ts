import { podsWith } from '../../desired/pods/own-pods.js';
import { manifestPath } from '../../host/paths.js';
import { at } from '../../host/shell.js';
import { addressFunctions, retireAddress } from './address-script.js';
import { awaitSwitch, fence } from './fence.js';

/** What needs the etcd beside it. An API server that ends by itself takes its address out of the list of the others. */
const components = podsWith(({ needs, switched }) => needs.includes('etcd') && switched !== 'address');

/** Looks, two a second, at whether an API server still runs: it lets its requests end, for up to a minute. */
const looks = 130;

/**
 * Ends the components of a control plane that leaves, while its etcd still answers them; first of all what holds a virtual
 * address, which gives its lease back through this very API server. One that does not end in time is left for the reset.
 * Pure.
 */
export const stopScript = (lockId: string): string => `${fence(lockId)}
exec 1>&2
${awaitSwitch}${addressFunctions}${retireAddress} || exit 1
rm -f ${components.map((name) => at(manifestPath(name))).join(' ')} || exit 1
[ -e "$R/run/containerd/containerd.sock" ] || exit 0
ids() { ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==kube-apiserver,labels."io.kubernetes.pod.namespace"==kube-system'; }
runs() { i=$(ids); [ -n "$i" ] && ctr -n k8s.io tasks ls | while read -r t _ s; do [ "$s" = RUNNING ] && echo "$t"; done | grep -qFx "$i"; }
n=${looks}; while [ "$n" -gt 0 ] && runs; do n=$((n-1)); sleep 0.5; done
exit 0
`;
