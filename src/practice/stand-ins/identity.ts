import { machine } from 'node:os';
import type { StandIn } from './stand-in.js';

/** Everyone is root on a practice host, whoever runs its shells. */
export const id: StandIn = () => `
case "$*" in
-u|-g|-ru|-rg) echo 0;;
-un|-gn) echo root;;
'') echo 'uid=0(root) gid=0(root) groups=0(root)';;
*) refuse "$@";;
esac
`;

/** Where the owners of files are noted that do not belong to root, by what a file keeps when it gets another name. */
const owners = '$R/run/practice/owners';

/** Files belong to root but for those that chown gave away; only the format of the real program is changed. */
export const stat: StandIn = (real) => `
swap() { case $rest in *"$1"*) rest="\${rest%%"$1"*}$2\${rest#*"$1"}"; return 0;; esac; return 1; }
belonging() { rest=$form; while swap %u "$1" || swap %g "$2" || swap %U root || swap %G root; do :; done; }
case $1 in -c) ;; *) refuse "$@";; esac
form=$2; shift 2; [ $# -gt 0 ] || refuse "$@"
belonging 0 0
[ -d "${owners}" ] || exec ${real.get('stat')} -c "$rest" "$@"
options= code=0
for path; do case $path in -*) options="$options $path"; continue;; esac
  u=0 g=0; note="${owners}/$(${real.get('stat')} -L -c %i-%Y "$path" 2>/dev/null)"
  [ ! -f "$note" ] || IFS=: read -r u g <"$note"
  belonging "$u" "$g"; ${real.get('stat')} -c "$rest" $options "$path" || code=1; done
exit $code
`;

/** Whom a file is given to is noted, since nobody but root exists here; others are numbers. */
export const chown: StandIn = (real) => `
case $1 in -R|-h) option=$1; shift;; esac
case $1 in 0:0|root:root|0|root|:0|:root) owner=;; *[!0-9:]*|*:*:*|:*|*:) refuse \${option+"$option"} "$@";;
  *:*) owner=$1;; *) refuse \${option+"$option"} "$@";; esac
shift; [ $# -gt 0 ] || refuse "$@"
for path; do [ -e "$path" ] || [ -L "$path" ] || {
  echo "chown: cannot access '$path': No such file or directory" >&2; exit 1; }
  note="${owners}/$(${real.get('stat')} -L -c %i-%Y "$path" 2>/dev/null)"
  if [ -n "$owner" ]; then mkdir -p "${owners}" && echo "$owner" >"$note"
  elif [ -f "$note" ]; then rm -f "$note"; fi; done
`;

export const hostname: StandIn = () => `
case "$*" in ''|-s|-f) cat "$R/proc/sys/kernel/hostname";; *) refuse "$@";; esac
`;

/** The kernel's release is the practice host's; the machine's architecture is the real one. */
export const uname: StandIn = () => `
for option; do case $option in -s|-m|-r|-n) ;; *) refuse "$@";; esac; done
case $# in 0) set -- -s;; esac
line=
for option; do case $option in
  -r) read -r word <"$R/proc/sys/kernel/osrelease";;
  -n) read -r word <"$R/proc/sys/kernel/hostname";;
  -s) word=Linux;;
  *) word=${machine()};;
esac; line="$line\${line:+ }$word"; done
echo "$line"
`;

export const nproc: StandIn = () => `case $# in 0) echo 2;; *) refuse "$@";; esac\n`;
