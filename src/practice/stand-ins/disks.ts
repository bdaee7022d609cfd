import type { StandIn } from './stand-in.js';

/** One plausible file system for everything; how much of it is free can be set by a fault. */
export const df: StandIn = () => `
case $1 in -Pk|-kP) shift;; -P) shift; [ "$1" != -k ] || shift;; *) refuse "$@";; esac
free=41943040; [ ! -e "$P/free" ] || read -r free <"$P/free"
[ $# -gt 0 ] || set -- "$R/"
echo 'Filesystem     1024-blocks    Used Available Capacity Mounted on'; code=0
for path; do case $path in -*) refuse "$@";; esac
  if [ -e "$path" ]; then echo "/dev/vda1         62914560 $((62914560 - free)) $free      33% /"
  else echo "df: $path: No such file or directory" >&2; code=1; fi; done
exit $code
`;

/** Nothing is forced to the real disk, which many practice hosts share; a slow disk takes its time here. */
export const sync: StandIn = () => `
case $1 in -f|-d) shift;; -*) refuse "$@";; esac
for path; do [ -e "$path" ] || { echo "sync: error opening '$path': No such file or directory" >&2; exit 1; }; done
[ ! -e "$P/slow-disk" ] || { read -r seconds <"$P/slow-disk"; sleep "$seconds"; }
`;

/** Mounts are accepted below the root only, and noted where the kernel tells of them; there is nothing in them. */
export const mount: StandIn = () => `
[ $# -gt 0 ] || { cat "$R/proc/mounts"; exit; }
type=none; source=none; last=
while [ $# -gt 0 ]; do case $1 in -t) type=$2; shift;; -o) shift;; *) source=\${last:-none}; last=$1;; esac; shift; done
case $last in "$R"/*) [ -d "$last" ] || exit 32;; *) refuse "$last";; esac
echo "$source $last $type rw 0 0" >>"$R/proc/mounts"
`;

export const umount: StandIn = () => `
while :; do case $1 in -l|-f|-R) shift;; -*) refuse "$@";; *) break;; esac; done
[ $# -gt 0 ] || refuse "$@"
for path; do case $path in "$R"/*) ;; *) refuse "$@";; esac
  grep -qF " $path " "$R/proc/mounts" || { echo "umount: $path: not mounted." >&2; exit 32; }
  grep -vF " $path " "$R/proc/mounts" >"$R/proc/.mounts"; cat "$R/proc/.mounts" >"$R/proc/mounts"; rm -f "$R/proc/.mounts"; done
`;

export const swapon: StandIn = () => `
case "$*" in '--show --noheadings'|'--noheadings --show'|--show|-s) exit 0;; *) refuse "$@";; esac
`;
export const swapoff: StandIn = () => `case "$*" in -a) exit 0;; *) refuse "$@";; esac\n`;
