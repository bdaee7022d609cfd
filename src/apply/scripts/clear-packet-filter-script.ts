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
 * What matters of `nft -a list ruleset`, a line each: `t FAMILY NAME` for a table of iptables, a bare `t` for any
 * other, `c NAME` for a chain of it, `r TARGET HANDLE` for a rule that leads to another chain.
 */
const outline = `sed -n -E -e 's/^table (ip6?) (nat|filter|mangle|raw|security) \\{.*/t \\1 \\2/p;t' -e 's/^table .*/t/p;t' \\
  -e 's/^[[:space:]]+chain ([A-Za-z0-9_-]+) \\{.*/c \\1/p;t' -e 's/ comment "[^"]*"( # handle [0-9]+)$/\\1/' \\
  -e 's/.* (jump|goto) ([A-Za-z0-9_-]+) # handle ([0-9]+)$/r \\2 \\3/p'`;

/** What iptables makes by itself as soon as it is asked for anything. */
const bare = `^(table .*|[[:space:]]*\\}|[[:space:]]*chain (PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) \\{|[[:space:]]*type .* policy accept;|)$`;

/**
 * Shell functions that take away what pods and Services have in a host's packet filter. kube-proxy brings an iptables of
 * its own, so that its chains may be where no iptables is; nft sees them wherever it is, and an nft is in kube-proxy's image
 * as well. A table of iptables that had such chains and has nothing else goes, too. The functions read `strangers`: results
 * of network plugins that are another's, whose chains stay.
 *
 * `chains_of_pods` writes commands for `nft -f` out of what `nft -a list ruleset` prints: all those chains are emptied,
 * then rules that lead there deleted, then the chains.
 */
export const clearPacketFilter = `
proxy_image() { ! runtime || ctr -n k8s.io images ls -q | grep '/kube-proxy:' | head -n 1; }
of_proxy() { i=$(proxy_image); [ -z "$i" ] || timeout 60 ctr -n k8s.io run --rm --net-host --privileged "$i" podstrap-reset "$@"; }
nft_or_its() { if command -v nft >/dev/null; then nft "$@"; else of_proxy nft "$@"; fi; }
chains_of_pods() {
  c='CNI-*'; [ -z "$strangers" ] || c='KUBE-*'
  t=; n=; ${outline} | while read -r k a b; do case $k in
    t) t=\${b:+$a $b};;
    c) n=$a; [ -z "$t" ] || case $n in KUBE-*|$c) echo "1 flush chain $t $n"; echo "3 delete chain $t $n";; esac;;
    r) [ -z "$t" ] || case $n in KUBE-*|$c) ;; *) case $a in KUBE-*|$c) echo "2 delete rule $t $n handle $b";; esac;; esac;;
  esac; done | sort -s -n -k 1,1 | cut -c 3-
}
clear_chains() {
  rules=$(nft_or_its -a list ruleset </dev/null 2>/dev/null | chains_of_pods); [ -n "$rules" ] || return 0
  echo "$rules" | nft_or_its -f - || return 0
  echo "$rules" | sed -n 's/^delete chain \\(ip6*\\) \\([a-z]*\\) .*/\\1 \\2/p' | sort -u | while read -r f t; do
    l=$(nft_or_its list table "$f" "$t" </dev/null 2>/dev/null) && ! echo "$l" | grep -qvE '${bare}' && nft_or_its delete table "$f" "$t" </dev/null
  done
}
clear_packet_filter() {
  for t in ${tables.map((table) => `'${table}'`).join(' ')}; do case $t in *cni_*) [ -z "$strangers" ] || continue;; esac; nft_or_its delete table $t </dev/null 2>/dev/null; done
  clear_chains
  for i in iptables ip6tables; do
    command -v $i-save >/dev/null && rules=$($i-save 2>/dev/null) && case $rules in *KUBE-*|*CNI-*) ;; *) continue;; esac || continue
    [ -z "$strangers" ] || rules=$(echo "$rules" | grep -vE -e '^:CNI-' -e '-[AjgD] CNI-')
    echo "$rules" | ${unruled} | $i-restore -w --noflush 2>/dev/null
  done
}`;
