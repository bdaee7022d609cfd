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

/** Files belong to root; only the format of the real program is changed. */
export const stat: StandIn = (real) => `
swap() { case $rest in *"$1"*) rest="\${rest%%"$1"*}$2\${rest#*"$1"}"; return 0;; esac; return 1; }
case $1 in -c) ;; *) refuse "$@";; esac
rest=$2; shift 2; [ $# -gt 0 ] || refuse "$@"
while swap %u 0 || swap %g 0 || swap %U root || swap %G root; do :; done
exec ${real.get('stat')} -c "$rest" "$@"
`;

/** Changing the owner to root changes nothing; anyone else does not exist here. */
export const chown: StandIn = () => `
case $1 in -R|-h) option=$1; shift;; esac
case $1 in 0:0|root:root|0|root|:0|:root) ;; *) refuse \${option+"$option"} "$@";; esac
shift; [ $# -gt 0 ] || refuse "$@"
for path; do [ -e "$path" ] || [ -L "$path" ] || {
  echo "chown: cannot access '$path': No such file or directory" >&2; exit 1; }; done
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
