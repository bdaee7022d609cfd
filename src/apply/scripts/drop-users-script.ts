import { paths } from '../../host/paths.js';

/**
 * Shell functions that take away users of the host's that podstrap made, which the record of the origin names with their ids:
 * one that has other ids by now is somebody else's. A group of the user's name that was there before has another id, and
 * userdel(8) would take it along if it were the user's first.
 *
 * `drop_users` does it, and prints what stays because it cannot; `users_left` prints those that should be gone. They need
 * the functions of put-back-script.ts.
 */
export const dropUsers = `
made_users() { [ ! -e "$O" ] || sed -n 's/^- - \\([0-9]*:[0-9]*\\) p:\\([a-z]*\\)$/\\2 \\1/p' "$O" | while read -r m i; do [ "$(ids_of "$m")" != "$i" ] || echo "$m $i"; done; }
ids_of() { while IFS=: read -r m _ i j _; do [ "$m" != "$1" ] || echo "$i:$j"; done <"$R/etc/passwd"; }
drop_users() { made_users | while read -r m i; do command -v userdel >/dev/null || { echo "the user $m, since there is no userdel"; continue; }
  [ "\${i%:*}" = "\${i#*:}" ] || usermod -g 0 "$m" >&2
  userdel "$m" >&2; [ "\${i%:*}" != "\${i#*:}" ] || ! grep -qs "^$m:[^:]*:\${i#*:}:" "$R/etc/group" || groupdel "$m" >&2; done
  [ -e "$O" ] || [ ! -e "$R${paths.etcdUser}" ] || echo 'the user that etcd ran as, if podstrap made it: an earlier podstrap did not note what was there before'; }
users_left() { ! command -v userdel >/dev/null || made_users | sed 's/^\\([^ ]*\\) .*/the user \\1/'; }`;
