import { neighboursFile } from '../neighbours.js';
import type { StandIn } from './stand-in.js';

/**
 * The real ssh(1) of this machine, to the real SSH server of another practice host: only the way there is another. See
 * Neighbours.
 */
export const ssh: StandIn = (real) => `
all="$*"; port=22; n=$#
while [ $n -gt 0 ]; do case $1 in
  -p) port=$2; shift 2; n=$((n-2));;
  -F|-i|-o|-l) set -- "$@" "$1" "$2"; shift 2; n=$((n-2));;
  -T) set -- "$@" "$1"; shift; n=$((n-1));;
  -*) refuse $all;;
  *) break;;
esac; done
[ $n -eq 2 ] || refuse $all
address=$1; command=$2; shift 2
to=; while read -r one its; do [ "$one" = "$address" ] && to=$its; done <"$R/../../${neighboursFile}"
[ -n "$to" ] && [ "$port" = 22 ] || { echo "ssh: connect to host $address port $port: Connection refused" >&2; exit 255; }
read -r own <"$P/address"
case $own in *:*) ;; *) set -- "$@" -b "127.\${own#*.}";; esac
exec ${real.get('ssh') ?? 'ssh'} "$@" -p "$to" 127.0.0.1 "$command"
`;
