import { paths } from '../../host/paths.js';
import { at } from '../../host/shell.js';
import { clearPacketFilter } from './clear-packet-filter-script.js';
import { bundles } from './end-workloads-script.js';

/**
 * Shell functions that take the network of pods away. `see_network` notes what is there while the pods are: the network
 * namespaces of sandboxes, the host's ends of their cables, and the results of their plugins, which tell by the arguments
 * of a kubelet that they are a pod's. `clear_network` removes them, and the rules of hostPorts, Services and routes. What
 * another user of network plugins has stays, and the plugins' own rules with it.
 */
export const clearNetwork = `${clearPacketFilter}
results() { grep -ls K8S_POD_NAMESPACE "$R"/var/lib/cni/results/*; }
see_network() {
  pods=$({ cat "$R${bundles}"/*/config.json; results | while IFS= read -r f; do cat "$f"; done; } 2>/dev/null | tr ',{}' '\\n\\n\\n')
  nets=$(echo "$pods" | sed -n 's#.*"[^"]*/netns/\\(cni-[0-9a-f-]*\\)".*#\\1#p' | sort -u)
  cables=$(echo "$pods" | sed -n 's/.*"name": *"\\(veth[0-9a-f]*\\)".*/\\1/p' | sort -u)
  bridges=$(echo "$pods" | sed -n 's/.*"name": *"\\(cni[0-9]*\\)".*/\\1/p' | sort -u)
  leases=$(echo "$pods" | sed -n 's/.*"containerId": *"\\([0-9a-f]*\\)".*/\\1/p' | sort -u)
}
clear_network() {
  for i in $nets; do umount "$R/run/netns/$i" 2>/dev/null || umount -l "$R/run/netns/$i" 2>/dev/null; rm -f "$R/run/netns/$i"; done
  for i in $cables; do ip link delete "$i" 2>/dev/null; done
  [ ! -x ${at(paths.podNetworkScript)} ] || ${at(paths.podNetworkScript)} down
  for i in $bridges; do [ -n "$(ls "$R/sys/class/net/$i/brif" 2>/dev/null)" ] || ip link delete "$i" 2>/dev/null; done
  if [ -e "$R/sys/class/net/kube-ipvs0" ]; then
    ipvs=1; of_proxy /usr/local/bin/kube-proxy --cleanup </dev/null >/dev/null 2>&1
    ip link delete kube-ipvs0 2>/dev/null
  fi
  results | while IFS= read -r f; do rm -f "$f"; done
  [ -z "$leases" ] || grep -lsF "$leases" "$R"/var/lib/cni/networks/*/* | while IFS= read -r f; do rm -f "$f"; done
  strangers=$(ls -A "$R/var/lib/cni/results" 2>/dev/null)
  clear_packet_filter
  sed -n 's/.*ip addrlabel add prefix \\([0-9a-f:]*\\/128\\) label.*/\\1/p' ${at(paths.kubeletUnit)} 2>/dev/null | while read -r a; do ip addrlabel del prefix "$a" 2>/dev/null; done
  rmdir "$R/run/netns" 2>/dev/null
}`;
