import type { OptionalPod } from '../../desired/pods/optional-pods.js';
import { virtualAddressPod } from '../../desired/pods/virtual-address.js';
import { at } from '../../host/shell.js';

/**
 * Takes a pod away that is no longer asked for. It is ended through the runtime while no kubelet is there to start it
 * again, and only then its manifest goes: a kubelet that has not seen the API since it started lets no pod go, and what
 * comes after it may need its port, or its address. Cut off anywhere, the manifest is still there, or the pod is gone.
 * In a shell of its own: the script around it has names of its own. Pure.
 */
export const retirePod = ({ name, manifest }: Pick<OptionalPod, 'name' | 'manifest'>): string => `( w= a=
  ${name === virtualAddressPod ? 'a=$(address_of_pod)' : ':'}
  ! systemctl is-active -q kubelet.service || { w=1; systemctl stop kubelet.service; }
  [ ! -e "$R/run/containerd/containerd.sock" ] || { end ${name}; ids=$(of ${name}); [ -z "$ids" ] || [ -z "$(left)" ]; } && rm -f ${at(manifest)}; c=$?
  [ "$c" != 0 ] || [ -z "$a" ] || drop_address "$a"
  [ -z "$w" ] || systemctl start kubelet.service || c=1; [ "$c" = 0 ] )`;
