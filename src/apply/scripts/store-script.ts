import { labelFunctions } from '../../host/labels.js';
import { paths } from '../../host/paths.js';
import { originFunctions } from './origin-script.js';

/**
 * Shell functions for podstrap's memory on a host. A script that uses them has passed the fence.
 *
 * `keep PATH` saves in the store what is about to be replaced there, and notes it in the record of what is replaced. The
 * record spans runs: it begins after the last run that was finished, and what it says of a path first, stays, so that
 * the undoing returns to a state that was once healthy however many runs were killed in between. What is noted for the
 * first time ever also goes to the record of the origin, which a reset returns to. `applied` notes what podstrap wrote, so
 * that whoever looks can tell a file that somebody else changed. `forget_replaced` ends the record: nothing can be undone any
 * more, and of what was replaced, keys among it, nothing stays on the host but what was there before podstrap.
 *
 * For `label` and `label_all` see labels.ts.
 *
 * A line of the record is `MODE OWNER VALUE KEY`, a dash for what there is not. See replaced.ts.
 */
export const storeFunctions = `
D="$R${paths.store}"; K="$R${paths.replaced}"; A="$R${paths.applied}"; (umask 077; mkdir -p "$D") || exit 1
kept="
$(cat "$K" 2>/dev/null)
"
[ ! -e "$K" ] || echo >>"$K" || exit 1${originFunctions}
noted() { case $kept in *" $1
"*) return 0;; esac; return 1; }
note() { echo "$1 $2" >>"$K" && kept="$kept$1 $2
" && remember "$1" "$2"; }
hash() { h=$(sha256sum <"$1") && h=\${h%% *}; }
put() { [ -e "$D/$h" ] || { cp "$1" "$D/.new" && chmod 0600 "$D/.new" && { sync "$D/.new" 2>/dev/null || sync; } && mv -f "$D/.new" "$D/$h"; } || { rm -f "$D/.new"; return 1; }; }
keep() { noted "c:$1" && return 0
  if [ -L "$R$1" ]; then readlink "$R$1" >"$D/.link" && hash "$D/.link" && put "$D/.link" && rm -f "$D/.link" && note "link - $h" "c:$1"
  elif [ ! -e "$R$1" ]; then note '- - -' "c:$1"
  else o=$(stat -c '%a %u:%g' "$R$1") && hash "$R$1" && put "$R$1" && note "$o $h" "c:$1"; fi; }
keep_mode() { noted "m:$1" || { o=$(stat -c '%a %u:%g' -L "$R$1") && note "$o -" "m:$1"; }; }
keep_directory() { [ ! -d "$R$1" ] || return 0; case $1 in /*/*) keep_directory "\${1%/*}" || return 1;; esac; noted "d:$1" || note '- - -' "d:$1"; }
keep_sysctl() { noted "s:$1" || { v=$(sysctl -n "$1") && note "- - $v" "s:$1"; }; }
keep_unit() { noted "u:$1" || { v=$(systemctl is-enabled "$1" 2>/dev/null); note "- - \${v:-absent}" "u:$1"; }; }
forget_replaced() { rm -f "$K" "$D/.new" "$D/.link" || return 1; stays="
$(stored_of_origin)
"; for f in "$D"/*; do case $stays in *"
\${f##*/}
"*) ;; *) rm -f "$f" || return 1;; esac; done; rmdir "$D" 2>/dev/null; return 0; }
applied() { echo "$1 $2" >>"$A"; }
record_binary() { b="$R${paths.binaryRecord}"; { [ ! -e "$b" ] || while read -r l; do case $l in *" $2") ;; *) echo "$l";; esac; done <"$b"
  echo "$1 $(stat -c '%Z %s %i' "$R$2") $2"; } >"$b.new" && mv -f "$b.new" "$b"; }${labelFunctions}`;

/**
 * Shell function `keep_binary PATH`: as `keep`, by a hard link where that is possible. Where it is not, there must be
 * room for a copy.
 */
export const keepBinaryFunction = `
keep_binary() { noted "c:$1" && return 0; [ -f "$R$1" ] && [ ! -L "$R$1" ] || { keep "$1"; return; }
  o=$(stat -c '%a %u:%g' "$R$1") && hash "$R$1" || return 1
  [ -e "$D/$h" ] || ln "$R$1" "$D/$h" 2>/dev/null || { room "$1" && put "$R$1"; } || return 1
  note "$o $h" "c:$1"; }
room() { need=$(( $(stat -c %s "$R$1") / 1024 + 1024 )); left=$(df -Pk "$D" | while read -r _ _ _ a _; do echo "$a"; done | tail -n 1)
  [ "$left" -gt "$need" ] || { echo "No space left on device: to keep the $1 of before in ${paths.store} takes $need KiB, $left are free" >&2; return 1; }; }`;
