import type { StandIn } from './stand-in.js';

/** Listening TCP sockets; the site keeps the list. */
export const ss: StandIn = () => `
case "$*" in -Hltnp|'-H -l -t -n -p') cat "$P/listeners";;
-Hltn) sed 's/ *users:.*//' "$P/listeners";;
-ltnp) echo 'State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process'; cat "$P/listeners";;
*) refuse "$@";; esac
`;

/** The host's own addresses, as far as scripts have a use for them. */
export const ip: StandIn = () => `
read -r address <"$P/address"
case $address in *:*) family='inet6'; length=64;; *) family=inet; length=24;; esac
case "$*" in
'-o addr'|'-o addr show'|'-o -4 addr show'|'-o -6 addr show'|'-4 -o addr show'|'-6 -o addr show')
  case "$*" in *-6*) [ $family = inet6 ] || exit 0;; *-4*) [ $family = inet ] || exit 0;; esac
  echo "1: lo    inet 127.0.0.1/8 scope host lo\\\\       valid_lft forever preferred_lft forever"
  echo "2: eth0    $family $address/$length scope global eth0\\\\       valid_lft forever preferred_lft forever";;
'route'|'route show') echo 'default via 192.0.2.1 dev eth0';;
*) refuse "$@";;
esac
`;
