import type { StandIn } from './stand-in.js';

const modules =
  'overlay br_netfilter nf_conntrack nf_tables ip_vs ip_vs_rr ip_tables xt_comment vxlan veth tun';

/** Loads a module by noting it; br_netfilter brings its settings, which the kernel starts with 1. */
export const modprobe: StandIn = () => `
quiet=; first=1; dry=
while :; do case $1 in -q) quiet=1; shift;; -nq) quiet=1; dry=1; shift;; -a) first=; shift;; --) shift; break;; -*) refuse "$@";; *) break;; esac; done
[ $# -gt 0 ] || refuse "$@"
[ -z "$first" ] || [ $# = 1 ] || refuse "$@"
for m; do
  case ' ${modules} ' in *" $m "*) ;; *)
    [ -n "$quiet" ] || echo "modprobe: FATAL: Module $m not found in directory /lib/modules/6.12.0-practice" >&2
    exit 1;; esac
  [ -z "$dry" ] || continue
  grep -q "^$m " "$R/proc/modules" && continue
  echo "$m 32768 0 - Live 0x0000000000000000" >>"$R/proc/modules"; mkdir -p "$R/sys/module/$m"
  if [ "$m" = br_netfilter ]; then
    mkdir -p "$R/proc/sys/net/bridge"
    for s in iptables ip6tables arptables; do echo 1 >"$R/proc/sys/net/bridge/bridge-nf-call-$s"; done
  fi
done
`;

/** Reads and writes the settings below /proc/sys; one that is not there does not exist in this kernel. */
export const sysctl: StandIn = () => `
quiet=; value=; write=; files=
while :; do case $1 in
  -q) quiet=1; shift;; -n) value=1; shift;; -w) write=1; shift;; -e) shift;;
  --system) files="$R/etc/sysctl.d/*.conf $R/etc/sysctl.conf"; shift;;
  -p) files=$2; shift 2;;
  -*) refuse "$@";; *) break;; esac; done
path() { f=; r=$1; while :; do case $r in *.*) f="$f/\${r%%.*}"; r=\${r#*.};; *) f="$R/proc/sys$f/$r"; break;; esac; done
  [ -e "$f" ] && return 0
  echo "sysctl: cannot stat /proc/sys\${f#"$R/proc/sys"}: No such file or directory" >&2; return 1; }
set_() { path "$1" && echo "$2" >"$f" && { [ -n "$quiet" ] || echo "$1 = $2"; }; }
code=0
if [ -n "$files" ]; then
  for file in $files; do [ -e "$file" ] || continue
    while IFS='=' read -r name wanted; do
      name=\${name%"\${name##*[! ]}"}; name=\${name#"\${name%%[! ]*}"}; wanted=\${wanted# }
      case $name in ''|'#'*|';'*) continue;; esac
      set_ "\${name#-}" "$wanted" || case $name in -*) ;; *) code=1;; esac
    done <"$file"
  done; exit $code
fi
[ $# -gt 0 ] || refuse "$@"
for s; do case $s in
  *=*) set_ "\${s%%=*}" "\${s#*=}" || code=1;;
  *) [ -z "$write" ] || refuse "$@"
    if path "$s"; then read -r v <"$f"; if [ -n "$value" ]; then echo "$v"; else echo "$s = $v"; fi; else code=1; fi;;
esac; done; exit $code
`;
