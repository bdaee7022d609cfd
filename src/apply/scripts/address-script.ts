import { virtualAddressPod } from '../../desired/pods/virtual-address.js';
import { manifestPath } from '../../host/paths.js';
import { at } from '../../host/shell.js';

/**
 * Functions about the virtual address that a host takes part in. `address_of_pod` prints the one in the manifest there;
 * `holds_address` tells whether the host has that one now, and leaves it in `a`; `drop_address` takes one off whatever
 * interface has it: what a killed pod has left there goes on answering, beside the host that has the address now.
 */
export const addressFunctions = `
address_of_pod() { sed -n '/^ *- name: address$/{n;s/^ *value: //p;}' ${at(manifestPath(virtualAddressPod))} 2>/dev/null | tr -d "\\"'"; }
has_address() { ip -o addr show 2>/dev/null | grep -qF " $1/"; }
holds_address() { a=$(address_of_pod); [ -n "$a" ] && has_address "$a"; }
drop_address() { ip -o addr show 2>/dev/null | while read -r _ d _ a _; do case $a in "$1"/*) ip addr del "$a" dev "$d" || :;; esac; done; }
`;

/** Tenths of a second: the kubelet gives a pod half a minute. */
const patience = 350;

/**
 * Takes the manifest away and waits until the pod has let its address go, which it does when it is told to end. In a shell
 * of its own: the script around it has names of its own.
 */
export const retireAddress = `( a=$(address_of_pod); rm -f ${at(manifestPath(virtualAddressPod))} || exit 1
  [ -n "$a" ] || exit 0; n=${patience}; while has_address "$a" && [ "$n" -gt 0 ]; do n=$((n-1)); sleep 0.1; done; drop_address "$a" )`;
