import type { StandIn } from './stand-in.js';

/** Listening TCP sockets; the site keeps the list. */
export const ss: StandIn = () => `
case "$*" in -Hltnp|'-H -l -t -n -p') cat "$P/listeners";;
-Hltn) sed 's/ *users:.*//' "$P/listeners";;
-ltnp) echo 'State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process'; cat "$P/listeners";;
*) refuse "$@";; esac
`;

/**
 * The host's own addresses, those that it has taken beside them (run/practice/taken), its neighbours on the wire, and the
 * routes that scripts make: one line each in run/practice/routes.
 */
export const ip: StandIn = () => `
read -r address <"$P/address"
case $address in *:*) family='inet6'; length=64;; *) family=inet; length=16;; esac
[ -e "$P/routes" ] || : >"$P/routes"
of_family() { case $1 in 4) grep -v '^[^ ]*:' "$P/routes";; 6) grep '^[^ ]*:' "$P/routes";; esac || true; }
without() { while read -r t r; do [ "$t" = "$1" ] || echo "$t $r"; done <"$P/routes" >"$P/.routes.$$"; }
case "$*" in
'-o addr'|'-o addr show'|'-o -4 addr show'|'-o -6 addr show'|'-4 -o addr show'|'-6 -o addr show')
  case "$*" in *-6*) [ $family = inet6 ] || exit 0;; *-4*) [ $family = inet ] || exit 0;; esac
  echo "1: lo    inet 127.0.0.1/8 scope host lo\\\\       valid_lft forever preferred_lft forever"
  echo "2: eth0    $family $address/$length scope global eth0\\\\       valid_lft forever preferred_lft forever"
  [ ! -e "$P/taken" ] || while read -r a; do echo "2: eth0    $family $a scope global eth0\\\\       valid_lft forever preferred_lft forever"; done <"$P/taken";;
'addr del '*' dev eth0') [ "$(cat "$P/taken" 2>/dev/null)" = "$3" ] || { echo 'RTNETLINK answers: Cannot assign requested address' >&2; exit 2; }
  rm -f "$P/taken";;
'neigh show '*) [ ! -e "$P/neighbours" ] || while read -r a hardware; do [ "$a" != "$3" ] || echo "$a dev eth0 lladdr $hardware REACHABLE"; done <"$P/neighbours";;
'-o link show') echo '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN'
  echo '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP';;
'route'|'route show'|'-4 route show') echo 'default via 192.0.2.1 dev eth0'; of_family 4;;
'-6 route show') of_family 6;;
'-4 route show proto '*) of_family 4;;
'-6 route show proto '*) of_family 6;;
'-batch -') awk -v file="$P/routes" 'function keep(t,line){if(t in at)delete lines[at[t]];lines[at[t]=++n]=line}
  BEGIN{while((getline line<file)>0){split(line,w," ");keep(w[1],line)}}
  !NF{next}
  $1" "$2" "$4" "$6!="route replace via proto"{unknown=$1" "$2;exit}
  {keep($3,$3" via "$5" dev eth0 proto "$7)}
  END{if(unknown){print unknown;exit 1}for(i=1;i<=n;i++)if(i in lines)print lines[i]}' >"$P/.routes.$$" || refuse "$(cat "$P/.routes.$$")"
  mv -f "$P/.routes.$$" "$P/routes";;
'route del '*' proto '*) without "$3"; mv -f "$P/.routes.$$" "$P/routes";;
'link delete cni0') echo 'Cannot find device "cni0"' >&2; exit 1;;
*) refuse "$@";;
esac
`;

/** Takes rules, and keeps none, so that there are none to list: nothing passes through these hosts. */
export const nft: StandIn = () => `
case "$*" in '-f -') cat >/dev/null;; '-a list ruleset') ;; 'delete table '*) echo 'Error: No such file or directory' >&2; exit 1;; *) refuse "$@";; esac
`;
