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

/**
 * Where the owners of files are noted that do not belong to root, by what a file is as long as it is there, whatever it is
 * called: its number and the time of its birth. HostFiles reads it, too.
 */
export const ownersFolder = '/var/.practice-owners';
const owners = `$R${ownersFolder}`;

/** Files belong to root but for those that chown gave away; only the format of the real program is changed. */
export const stat: StandIn = (real) => `
swap() { case $rest in *"$1"*) rest="\${rest%%"$1"*}$2\${rest#*"$1"}"; return 0;; esac; return 1; }
name_in() { while IFS=: read -r m _ i _; do [ "$i" != "$2" ] || { echo "$m"; return; }; done <"$R/etc/$1"; echo UNKNOWN; }
belonging() { rest=$form; while swap %u "$1" || swap %g "$2" || swap %U "$3" || swap %G "$4"; do :; done; }
case $1 in -c) ;; *) refuse "$@";; esac
form=$2; shift 2; [ $# -gt 0 ] || refuse "$@"
belonging 0 0 root root
[ -d "${owners}" ] || exec ${real.get('stat')} -c "$rest" "$@"
options= code=0
for path; do case $path in -*) options="$options $path"; continue;; esac
  u=0 g=0 un=root gn=root; note="${owners}/$(${real.get('stat')} -L -c %i-%W "$path" 2>/dev/null)"
  if [ -f "$note" ]; then IFS=: read -r u g <"$note"; un=$(name_in passwd "$u") gn=$(name_in group "$g"); fi
  belonging "$u" "$g" "$un" "$gn"; ${real.get('stat')} -c "$rest" $options "$path" || code=1; done
exit $code
`;

/** Whom a file is given to is noted, since nobody but root exists here; others are numbers. Links in a tree stay as they are. */
export const chown: StandIn = (real) => `
option=; case $1 in -R) option=$1; shift;; esac
case $1 in 0:0|root:root|0|root|:0|:root) owner=;; *[!0-9:]*|*:*:*|:*|*:) refuse \${option:+"$option"} "$@";;
  *:*) owner=$1;; *) refuse \${option:+"$option"} "$@";; esac
shift; [ $# -gt 0 ] || refuse "$@"
give() { while read -r key; do
  if [ -n "$owner" ]; then mkdir -p "${owners}" && echo "$owner" >"${owners}/$key"; else rm -f "${owners}/$key"; fi; done; }
for path; do [ -e "$path" ] || [ -L "$path" ] || {
  echo "chown: cannot access '$path': No such file or directory" >&2; exit 1; }
  if [ -n "$option" ]; then find "$path" ! -type l -exec ${real.get('stat')} -c %i-%W {} + | give
  else ${real.get('stat')} -L -c %i-%W "$path" | give; fi; done
`;

/** Lines \`u NAME UID[:GID] "TEXT"\`, as podstrap writes them. An id that somebody has is not given again, as by the real one. */
export const systemdSysusers: StandIn = () => `
[ $# = 1 ] && [ -f "$1" ] || refuse "$@"
has() { grep -q "^[^:]*:[^:]*:$2:" "$R/etc/$1"; }
while read -r kind name id _; do
  case $kind in u) ;; *) refuse "$@";; esac
  ! grep -q "^$name:" "$R/etc/passwd" || continue
  uid=\${id%%:*} gid=\${id#*:}
  case $id in *:*) has group "$gid" || { echo "Failed to look up group $gid" >&2; exit 1; };;
  *) if has passwd "$uid" || has group "$uid"; then uid=999; while has passwd "$uid" || has group "$uid"; do uid=$((uid-1)); done; gid=$uid; fi
    echo "Creating group '$name' with GID $gid." >&2; echo "$name:x:$gid:" >>"$R/etc/group";; esac
  echo "Creating user '$name' with UID $uid and GID $gid." >&2
  echo "$name:!*:$uid:$gid:$name:/:/usr/sbin/nologin" >>"$R/etc/passwd"
done <"$1"
`;

/** Takes a user away, and the group of that name where it is the user's first, as on Debian. */
export const userdel: StandIn = () => `
[ $# = 1 ] || refuse "$@"
gid=$(sed -n "s/^$1:[^:]*:[^:]*:\\([0-9]*\\):.*/\\1/p" "$R/etc/passwd")
[ -n "$gid" ] || { echo "userdel: user '$1' does not exist" >&2; exit 6; }
sed -i "/^$1:/d" "$R/etc/passwd" && sed -i "/^$1:[^:]*:$gid:/d" "$R/etc/group"
`;

/** Gives a user another first group. */
export const usermod: StandIn = () => `
[ $# = 3 ] && [ "$1" = -g ] || refuse "$@"
sed -i "s/^\\($3:[^:]*:[^:]*\\):[0-9]*:/\\1:$2:/" "$R/etc/passwd"
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
