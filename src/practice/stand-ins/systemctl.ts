import type { StandIn } from './stand-in.js';
import { unitFunctions } from './unit-functions.js';

const reading = `
# Sets e; nothing here forks, because every look at a host comes through here.
enabled() { e=; if builtin_ "$1"; then e=enabled; return 0; fi
  unit_file "$1" || return 1; [ ! "$file" -ef /dev/null ] || { e=masked; return 0; }
  for w in "$E"/*.wants/"$1" "$E"/*.requires/"$1"; do [ -L "$w" ] && e=enabled && return 0; done
  e=static; while IFS= read -r line; do case $line in '[Install]') e=disabled;; esac; done <"$file"; }
# Of a unit that is running the answer is kept until systemd reads all units again, as the real one does.
known_enabled() { if [ "$active" = active ] && [ -e "$F/$1" ]; then read -r e <"$F/$1"; return 0; fi
  enabled "$1"; [ "$active" != active ] || builtin_ "$1" || { mkdir -p "$F"; echo "$e" >"$F/$1"; }; }
show() { state "$1"; found=not-found; file=; if unit_file "$1" || builtin_ "$1"; then found=loaded; fi
  old=$IFS; IFS=,; for p in $properties; do case $p in
    Id|Names) echo "$p=$1";; LoadState) echo "$p=$found";; ActiveState) echo "$p=$active";; SubState) echo "$p=$sub";;
    UnitFileState) known_enabled "$1"; echo "$p=$e";; MainPID) outlived; echo "$p=$pid";; Result) echo "$p=$result";;
    ExecMainStatus) echo "$p=$status";; FragmentPath) echo "$p=\${file#"$R"}";;
    NeedDaemonReload) if [ -n "$file" ] && [ -e "$L/$1" ] && [ "$file" -nt "$L/$1" ]; then echo "$p=yes"; else echo "$p=no"; fi;;
    *) IFS=$old; refuse show -p "$p";; esac; done; IFS=$old; }
# The program of a process stays what it was when another takes its place on the disk; the kernel says so then.
outlived() { [ -L "$R/proc/$pid/exe" ] || return 0; for f in "$R/proc/$pid"/*; do case $f in */exe|*' (deleted)') continue;; esac
  [ "$f" -ef "$R/usr/local/bin/\${f##*/}" ] || { mv -f "$f" "$f (deleted)" && ln -sfn "\${f##*/} (deleted)" "$R/proc/$pid/exe"; }; done; }
list_units() { for f in "$U"/*; do [ -e "$f" ] || continue; u=\${f##*/}; state "$u"; keep=
    [ $# -gt 0 ] || keep=1; for g; do case $u in $g) keep=1;; esac; done
    [ -n "$all" ] || [ "$active" != inactive ] || keep=
    [ -z "$keep" ] || echo "$u loaded $active $sub $u"; done; }
`;

const changing = `
start() { state "$1"; [ "$active" != active ] || return 0
  load "$1" || { echo "Failed to start $1: Unit $1 not found." >&2; return 5; }
  for w in $(values "$1" Wants) $(values "$1" Requires); do
    if load "$w"; then start "$w" || case " $(values "$1" Requires) " in *" $w "*) return 1;; esac; fi; done
  start_file "$1" || { set_state "$1" failed failed 0 exit-code $code; echo "Job for $1 failed because the control process exited with error code." >&2
    echo "See \\"systemctl status $1\\" and \\"journalctl -xeu $1\\" for details." >&2; return 1; }; }
# The link that systemd makes anew at each start, and that is there while the unit is active.
invoked() { mkdir -p "$R/run/systemd/units"; ln -sfn "$$" "$R/run/systemd/units/invocation:$1"; }
runs_as() { [ -f "$1" ] || return 0; mkdir -p "$R/proc/$$" && ln -f "$1" "$R/proc/$$/\${1##*/}" && ln -sfn "\${1##*/}" "$R/proc/$$/exe"; }
# SELinux lets systemd start nothing that still has the label of the folder it was renamed from.
labelled() { [ -e "$R/sys/fs/selinux/enforce" ] && [ -e "$R$1" ] || return 0
  grep -qxF "$(stat -c %i "$R$1") $R$1" "$P/labels" 2>/dev/null; }
start_file() { type=$(value "$1" Type); main=$(value "$1" ExecStart)
  values "$1" ExecStartPre | run_lines >>"$J/$1" 2>&1 || { code=$?; return 1; }
  case $type in oneshot) values "$1" ExecStart | run_lines >>"$J/$1" 2>&1 || { code=$?; return 1; }
    case $(value "$1" RemainAfterExit) in yes|true|1) invoked "$1"; set_state "$1" active exited 0 success 0;; *) set_state "$1" inactive dead 0 success 0;; esac; return 0;; esac
  find_command "\${main%% *}" || { echo "$1: Failed to locate executable \${main%% *}: No such file or directory" >>"$J/$1"; code=203; return 1; }
  labelled "\${main%% *}" || { echo "$1: Failed to execute \${main%% *}: Permission denied" >>"$J/$1"; code=203; return 1; }
  case \${main%% *} in
  */kubelet) invoked "$1"; runs_as "$c"; echo "Started $1" >>"$J/$1"; set_state "$1" active running $$ success 0;;
  */containerd) mkdir -p "$R/run/containerd"; invoked "$1"; runs_as "$c"; : >"$R/run/containerd/containerd.sock"; echo "Started $1" >>"$J/$1"; set_state "$1" active running $$ success 0;;
  *) background "$1";; esac; }
# setsid gives it a process group of its own, which outlives the connection.
background() { invoked "$1"; set_state "$1" active running 0 success 0
  setsid sh -c '. "$1"; unit=$2; set_state "$unit" active running $$ success 0; values "$unit" ExecStart | run_lines; code=$?
    if [ $code = 0 ]; then set_state "$unit" inactive dead 0 success 0; else set_state "$unit" failed failed 0 exit-code $code; fi' \\
    "$0" "\${0%/*}/.unit-functions" "$1" </dev/null >>"$J/$1" 2>&1 & }
stop() { state "$1"; unit_file "$1" || builtin_ "$1" || [ -e "$U/$1" ] || { echo "Failed to stop $1: Unit $1 not loaded." >&2; return 5; }
  [ "$active" = inactive ] && return 0
  case $1 in containerd.service) rm -f "$R/run/containerd/containerd.sock";; kubelet.service) ;; *) kill_unit "$pid";; esac
  [ "$pid" -le 1 ] || rm -rf "$R/proc/$pid"
  values_of_stop "$1"; rm -f "$R/run/systemd/units/invocation:$1"; echo "Stopped $1" >>"$J/$1"; set_state "$1" inactive dead 0 success 0; }
values_of_stop() { [ ! -e "$L/$1" ] || values "$1" ExecStop | run_lines >>"$J/$1" 2>&1 || :; }
targets() { sed -n 's/^WantedBy=//p;s/^RequiredBy=//p' "$file"; }
enable() { unit_file "$1" || { echo "Failed to enable unit: Unit file $1 does not exist." >&2; return 1; }
  [ -n "$(targets)" ] || { echo "The unit files have no installation config (WantedBy=, RequiredBy=, …)." >&2; return 0; }
  for t in $(targets); do mkdir -p "$E/$t.wants"; ln -sf "../$1" "$E/$t.wants/$1"; [ -n "$quiet" ] || echo "Created symlink /etc/systemd/system/$t.wants/$1 -> /etc/systemd/system/$1." >&2; done; }
disable() { unit_file "$1" || { echo "Failed to disable unit: Unit file $1 does not exist." >&2; return 1; }
  rm -f "$E"/*.wants/"$1" "$E"/*.requires/"$1"; rmdir "$E"/*.wants "$E"/*.requires 2>/dev/null || :; }
reload_() { rm -rf "$F"; for f in "$L"/*; do [ -e "$f" ] || continue; u=\${f##*/}; if unit_file "$u"; then read_unit "$u"
  else state "$u"; [ "$active" = active ] || rm -f "$f"; fi; done; }
`;

const options = `
quiet=; now=; unread=; all=; properties=; value=; verb=; next=
for word; do shift
  if [ -n "$next" ]; then next=; properties=$properties,$word; continue; fi
  case $word in
  -q|--quiet) quiet=1;; --now) now=1;; --no-reload) unread=1;; -a|--all) all=1;; --no-pager|--no-legend|--plain|--no-block|-l|--full|--no-ask-password) ;;
  -p|--property) next=1;; --property=*) properties=$properties,\${word#--property=};; -p*) properties=$properties,\${word#-p};;
  --value) value=1;; -*) refuse "$word";;
  *) if [ -z "$verb" ]; then verb=$word; else set -- "$@" "$word"; fi;; esac; done
properties=\${properties#,}
`;

const verbs = `
each() { f=$1; shift; [ $# -gt 0 ] || refuse "$verb"; worst=0; for name; do full "$name"; "$f" "$u" || worst=$?; done; return $worst; }
restart() { stop "$1" 2>/dev/null; start "$1"; }
try_restart() { state "$1"; [ "$active" != active ] || restart "$1"; }
case $verb in
start) each start "$@";; stop) each stop "$@";; restart) each restart "$@";; try-restart) each try_restart "$@";;
enable) each enable "$@" && { [ -n "$unread" ] || reload_; } && { [ -z "$now" ] || each start "$@"; };;
disable) each disable "$@" && { [ -n "$unread" ] || reload_; } && { [ -z "$now" ] || each stop "$@"; };;
daemon-reload) [ $# = 0 ] || refuse "$verb" "$@"; reload_;;
reset-failed) for name; do full "$name"; state "$u"; [ "$active" != failed ] || rm -f "$U/$u"; done;;
is-active) code=3; for name; do full "$name"; state "$u"; [ -n "$quiet" ] || echo "$active"; [ "$active" != active ] || code=0; done; exit $code;;
is-failed) code=1; for name; do full "$name"; state "$u"; [ -n "$quiet" ] || echo "$active"; [ "$active" != failed ] || code=0; done; exit $code;;
is-enabled) code=1; for name; do full "$name"; if enabled "$u"; then [ -n "$quiet" ] || echo "$e"; case $e in enabled|static) code=0;; esac
  else [ -n "$quiet" ] || echo "Failed to get unit file state for $u: No such file or directory" >&2; fi; done; exit $code;;
show) [ -n "$properties" ] && [ $# -gt 0 ] || refuse "$verb" "$@"; blank=
  for name; do full "$name"; [ -z "$blank" ] || echo; blank=1; if [ -n "$value" ]; then show "$u" | sed 's/^[^=]*=//'; else show "$u"; fi; done;;
status) code=0; for name; do full "$name"; state "$u"; echo "$u: $active ($sub) $result $status"; [ ! -e "$J/$u" ] || tail -n 10 "$J/$u"
  [ "$active" = active ] || code=3; done; exit $code;;
list-units) list_units "$@";;
is-system-running) [ -n "$quiet" ] || echo running;;
cat) for name; do full "$name"; unit_file "$u" || exit 1; cat "$file"; done;;
*) refuse "$verb" "$@";;
esac
`;

/** systemd's units, with their state in files; the mini kubelet plays kubelet.service. */
export const systemctl: StandIn = () => unitFunctions + reading + changing + options + verbs;
