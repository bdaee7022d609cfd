import type { StandIn } from './stand-in.js';

/**
 * Labels of files, where the host has SELinux: a line `INODE PATH` for each that has the label that its place asks for.
 * What is renamed over it has another inode, and so the label of where it came from.
 */
export const restorecon: StandIn = () => `
[ -e "$R/sys/fs/selinux/enforce" ] || refuse "$@"
label() { [ -e "$1" ] || { echo "restorecon: lstat($1) failed: No such file or directory" >&2; return 255; }
  echo "$(stat -c %i "$1") $1" >>"$P/labels"; }
code=0
case $1 in -f) [ "$2" = - ] && [ $# = 2 ] || refuse "$@"; while IFS= read -r f; do label "$f" || code=$?; done; exit $code;; -*) refuse "$@";; esac
for f; do label "$f" || code=$?; done; exit $code
`;
