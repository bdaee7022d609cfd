import { paths } from '../../host/paths.js';
import { at } from '../../host/shell.js';
import { bundles } from './end-workloads-script.js';

/**
 * Tables of nftables that are there for pods alone: podstrap's, those of the reference plugin, which has one for each
 * family, and kube-proxy's.
 */
const tables = [
  'inet podstrap',
  ...['ip', 'ip6', 'inet'].map((family) => `${family} cni_hostport`),
  'ip kube-proxy',
  'ip6 kube-proxy',
];

/**
 * Writes commands for `iptables-restore --noflush` out of what iptables-save prints: chains of the kubelet, of kube-proxy
 * and of the reference plugins are emptied, the rules that lead there deleted, then the chains themselves.
 */
const unruled = `sed -n -E -e '/^[*]/p' -e '/^:(KUBE|CNI)-/{p;s/^:([^ ]*).*/-X \\1/;H;d;}' -e '/^-A (KUBE|CNI)-/d' \\
  -e '/^-A .* -[jg] (KUBE|CNI)-/{s/^-A/-D/;p;}' -e '/^COMMIT/{x;s/^\\n//;/./p;s/.*//;x;p;}'`;

/**
 * Shell functions that take the network of pods away. `see_network` notes what is there while the pods are: the network
 * namespaces of sandboxes, the host's ends of their cables, and the results of their plugins, which tell by the arguments
 * of a kubelet that they are a pod's. `clear_network` removes them, and the rules of hostPorts, Services and routes. What
 * another user of network plugins has stays, and the plugins' own rules with it.
 */
export const clearNetwork = `
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
  if [ -e "$R/sys/class/net/kube-ipvs0" ] && runtime; then
    i=$(ctr -n k8s.io images ls -q | grep '/kube-proxy:' | head -n 1)
    [ -z "$i" ] || timeout 60 ctr -n k8s.io run --rm --net-host --privileged "$i" podstrap-reset /usr/local/bin/kube-proxy --cleanup >/dev/null 2>&1
    ip link delete kube-ipvs0 2>/dev/null
  fi
  results | while IFS= read -r f; do rm -f "$f"; done
  [ -z "$leases" ] || grep -lsF "$leases" "$R"/var/lib/cni/networks/*/* | while IFS= read -r f; do rm -f "$f"; done
  strangers=$(ls -A "$R/var/lib/cni/results" 2>/dev/null)
  for t in ${tables.map((table) => `'${table}'`).join(' ')}; do case $t in *cni_*) [ -z "$strangers" ] || continue;; esac; nft delete table $t 2>/dev/null; done
  for i in iptables ip6tables; do
    command -v $i-save >/dev/null && rules=$($i-save 2>/dev/null) && case $rules in *KUBE-*|*CNI-*) ;; *) continue;; esac || continue
    [ -z "$strangers" ] || rules=$(echo "$rules" | grep -vE -e '^:CNI-' -e '-[AjgD] CNI-')
    echo "$rules" | ${unruled} | $i-restore -w --noflush 2>/dev/null
  done
  sed -n 's/.*ip addrlabel add prefix \\([0-9a-f:]*\\/128\\) label.*/\\1/p' ${at(paths.kubeletUnit)} 2>/dev/null | while read -r a; do ip addrlabel del prefix "$a" 2>/dev/null; done
  rmdir "$R/run/netns" 2>/dev/null
}`;
