/**
 * What systemctl and systemd-run share. The state of a unit is one line in run/practice/units:
 * ActiveState SubState MainPID Result ExecMainStatus. A unit file counts as it was when systemd last read it, as on real
 * hosts: without daemon-reload a changed file changes nothing.
 */
export const unitFunctions = `
U=$P/units; L=$P/loaded; F=$P/file-states; J=$P/journal; E=$R/etc/systemd/system
[ -d "$J" ] || mkdir -p "$U" "$L" "$J"
full() { case $1 in *.service|*.target|*.socket|*.timer|*.mount) u=$1;; *) u=$1.service;; esac; }
unit_file() { for d in "$E" "$R/run/systemd/transient" "$R/run/systemd/system" "$R/usr/lib/systemd/system"; do
  [ -e "$d/$1" ] && file=$d/$1 && return 0; done; return 1; }
builtin_() { case $1 in ssh.service|dbus.service|systemd-journald.service|multi-user.target|network-online.target) return 0;; esac; return 1; }
read_unit() { { cat "$file"; for d in "$E/$1.d"/*.conf; do [ -e "$d" ] && { echo; cat "$d"; }; done; } |
  sed -e ':a' -e '/\\\\$/{N;s/\\\\\\n *//;ba' -e '}' >"$L/.$1.$$" && mv -f "$L/.$1.$$" "$L/$1"; }
load() { [ -e "$L/$1" ] || { unit_file "$1" && read_unit "$1"; }; }
# An empty value forgets the ones before it.
values() { awk -v k="$2=" 'index($0,k)==1{x=substr($0,length(k)+1);if(x=="")n=0;else a[n++]=x}END{for(i=0;i<n;i++)print a[i]}' "$L/$1"; }
value() { values "$@" | tail -n 1; }
state() { active=inactive sub=dead pid=0 result=success status=0
  if [ -e "$U/$1" ]; then read -r active sub pid result status <"$U/$1"; elif builtin_ "$1"; then active=active sub=running pid=1; fi; }
set_state() { s=$1; shift; echo "$*" >"$U/.$s.$$" && mv -f "$U/.$s.$$" "$U/$s"; }
# Finds what a command line of a unit means on this host: its own files first, then the permitted programs by name.
find_command() { c=$1; while :; do case $c in [-@:+!]*) c=\${c#?};; *) break;; esac; done
  if [ -x "$R$c" ] && [ ! -d "$R$c" ]; then c=$R$c; elif [ -x "\${0%/*}/\${c##*/}" ]; then c=\${c##*/}
  elif [ "\${c#"$R"/}" != "$c" ] && [ -x "$c" ]; then :; else return 1; fi; }
# What a shell in a command line is told: systemd makes one dollar of two, and paths are those of this host.
in_shell() { printf '%s' "$1" | sed -e 's/[$][$]/$/g' -e "s#/etc/kubernetes/#$R&#g"; }
run_line() { eval "set -- $1"; find_command "$1" || { echo "Failed to locate executable $1: No such file or directory" >&2; return 203; }
  shift; n=$#; while [ $n -gt 0 ]; do a=$1; shift; case $a in /*) [ -e "$R$a" ] && a=$R$a;; *'$$'*) a=$(in_shell "$a");; esac; set -- "$@" "$a"; n=$((n-1)); done
  "$c" "$@"; }
run_lines() { code=0; while IFS= read -r l; do [ -n "$l" ] || continue
  run_line "$l" || { code=$?; case $l in -*) code=0;; *) return $code;; esac; }; done; return $code; }
alive() { kill -s 0 -- "-$1" 2>/dev/null && read -r _ _ s _ <"/proc/$1/stat" && [ "$s" != Z ]; } 2>/dev/null
kill_unit() { [ "$1" -gt 1 ] || return 0; kill -s TERM -- "-$1" 2>/dev/null || return 0; n=0
  while alive "$1"; do n=$((n+1)); [ $n -lt 100 ] || { kill -s KILL -- "-$1" 2>/dev/null; return 0; }; sleep 0.02; done; }
`;
