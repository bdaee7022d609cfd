import { labelFunctions } from '../../host/labels.js';

/**
 * Shell functions that bring a host back to the record of its origin (see origin-script.ts), the last change first.
 *
 * `put_back` returns files, links, modes and folders; `put_settings` kernel settings; `put_units` what units were. A path
 * that `stays` prints is passed over. What comes back gets the SELinux label of its place. `is_back` prints what is not as it was.
 */
export const putBack = `${labelFunctions}
value_of() { [ ! -e "$O" ] || sed -n "s/^[^ ]* [^ ]* \\(.*\\) $1\\$/\\1/p" "$O" | head -n 1; }
lines_of() { [ ! -e "$O" ] || sed -n "/^[^ ]* [^ ]* [^ ]* [$1]:/p" "$O" | sed '1!G;h;$!d'; }
each_line() { while IFS= read -r l; do mode=\${l%% *}; l=\${l#* }; owner=\${l%% *}; l=\${l#* }; value=\${l%% *}; key=\${l#* }; path=\${key#?:}
  case "$stays" in *"
$path
"*) ;; *) "$1" || echo "$path";; esac; done; }
whole() { [ -f "$D/$value" ] && case $(sha256sum <"$D/$value") in "$value"*) ;; *) false;; esac; }
back() { case $key in
  c:*) stray="$R\${path%/*}/.podstrap-\${path##*/}"; rm -f "$stray"
    case $mode in -) rm -f "$R$path";; link) whole && rm -f "$R$path" && ln -s "$(cat "$D/$value")" "$R$path";;
    *) whole && { [ -d "$R\${path%/*}" ] || mkdir -p "$R\${path%/*}"; } && cp "$D/$value" "$stray" && chmod "$mode" "$stray" && chown "$owner" "$stray" && mv -f "$stray" "$R$path" && label "$R$path";; esac;;
  m:*) [ ! -e "$R$path" ] || { chmod "$mode" "$R$path" && chown "$owner" "$R$path"; };;
  d:*) rmdir "$R$path" 2>/dev/null; :;; esac; }
put_back() { lines_of cmd | each_line back >&2; sync -f "$R/etc" "$R/usr/local" 2>/dev/null || sync; }
is_back() { case $key in d:*) [ ! -d "$R$path" ] || [ -n "$(ls -A "$R$path")" ] || is_mount "$R$path";; c:*) case $mode in -) [ ! -e "$R$path" ] && [ ! -L "$R$path" ];; link) [ -L "$R$path" ];;
  *) [ -f "$R$path" ] && case $(sha256sum <"$R$path") in "$value"*) ;; *) false;; esac;; esac;; esac; }
not_back() { lines_of cd | each_line is_back; }
put_settings() { [ ! -e "$O" ] || sed -n 's/^- - \\(.*\\) s:\\([^ ]*\\)$/\\2=\\1/p' "$O" | while IFS= read -r s; do
  [ "$(sysctl -n "\${s%%=*}" 2>/dev/null)" = "\${s#*=}" ] || sysctl -q -w "$s" >/dev/null 2>&1 || echo "the kernel setting \${s%%=*}, which was \${s#*=}"; done; }
put_units() { [ ! -e "$O" ] || sed -n 's/^- - \\([^ ]*\\) u:\\([^ ]*\\)$/\\1 \\2/p' "$O" | while read -r v u; do case $v in enabled) systemctl enable -q "$u" 2>/dev/null;;
  disabled) systemctl disable -q "$u" 2>/dev/null;; esac; done
  [ ! -e "$O" ] || sed -n 's/^- - active a:\\([^ ]*\\)$/\\1/p' "$O" | while read -r u; do case "$stays" in *"/$u
"*) ;; *) systemctl restart "$u";; esac; done; }`;
