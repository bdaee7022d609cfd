import type { StandIn } from './stand-in.js';
import { unitFunctions } from './unit-functions.js';

const properties =
  'Type|RuntimeMaxSec|TimeoutStartSec|TimeoutStopSec|KillMode|KillSignal|StandardOutput|StandardError|Restart|RestartSec|ExecStopPost|' +
  'DefaultDependencies|RemainAfterExit|SuccessExitStatus|Description|After|Before|Nice|OOMScoreAdjust|SyslogIdentifier|' +
  'CPUWeight|IOWeight|Environment|IgnoreOnIsolate|CollectMode';

/**
 * Runs a command as a unit of its own that outlives the connection. It starts without the caller's environment, as on
 * real hosts: what it needs comes with --setenv or as arguments.
 */
export const systemdRun: StandIn = () => `${unitFunctions}
unit=; collect=; block=1; wait_=; pipe=; type=simple; limit=; post=; quiet=; given=$*
property() { case $1 in
  Type=*) type=\${1#*=};; RuntimeMaxSec=*) limit=\${1#*=};; ExecStopPost=*) post=\${1#*=};;
  ${properties
    .split('|')
    .map((name) => `${name}=*`)
    .join('|')}) ;; *) refuse "--property=$1";; esac; }
environment=
setenv() { case $1 in *=*) environment="$environment \${1%%=*}='$(printf %s "\${1#*=}" | sed "s/'/'\\\\\\\\''/g")'";; *) refuse "--setenv=$1";; esac; }
while :; do case $1 in
  --unit=*) unit=\${1#*=};; --unit|-u) unit=$2; shift;; --collect|-G) collect=1;; --no-block) block=;; --wait) wait_=1;; --pipe|-P) pipe=1; wait_=1;;
  --quiet|-q) quiet=1;; --description=*|--slice=*|--same-dir|--no-ask-password) ;; --service-type=*) type=\${1#*=};;
  --property=*) property "\${1#*=}";; -p) property "$2"; shift;; --setenv=*) setenv "\${1#*=}";; -E) setenv "$2"; shift;;
  --) shift; break;; -*) refuse "$given";; *) break;; esac; shift; done
[ $# -gt 0 ] || refuse "$given"
full "\${unit:-run-r$$$(date +%s%N)}"; unit=$u
state "$unit"; case $active in active|activating|failed)
  echo "Failed to start transient service unit: Unit $unit was already loaded or has a fragment file." >&2; exit 1;; esac
find_command "$1" || { echo "Failed to find executable $1: No such file or directory" >&2; exit 1; }
shift; command=$c
case $limit in ''|*[!0-9.smin]*) limit=;; *min) limit=\${limit%min}m;; *s) ;; esac
# TERM to the group ends the command; this shell stays for what comes after it, as systemd does.
body='. "$1"; unit=$2 collect=$3 limit=$4 post=$5; [ -z "$6" ] || eval "export $6"; shift 6; trap : TERM
  [ -e "$U/$unit" ] && set_state "$unit" active running $$ success 0
  if [ -n "$limit" ]; then timeout --foreground "$limit" "$@"; else "$@"; fi; code=$?
  [ -z "$post" ] || run_line "$post"
  if [ -n "$collect" ]; then rm -f "$U/$unit" "$L/$unit"
  elif [ $code = 0 ]; then set_state "$unit" inactive dead 0 success 0
  else set_state "$unit" failed failed 0 exit-code $code; fi; exit $code'
run() { exec env -i PATH="$PATH" PODSTRAP_ROOT="$R" PRACTICE_HOST="$PRACTICE_HOST" TMPDIR="$TMPDIR" LANG=C.UTF-8 setsid \\
  sh -c "$body" "$0" "\${0%/*}/.unit-functions" "$unit" "$collect" "$limit" "$post" "$environment" "$@"; }
[ -n "$quiet" ] || echo "Running as unit: $unit" >&2
set_state "$unit" active running 0 success 0
if [ -n "$pipe" ]; then (run "$command" "$@"); exit; fi
run "$command" "$@" </dev/null >>"$J/$unit" 2>&1 &
if [ -n "$wait_" ] || { [ "$type" = oneshot ] && [ -n "$block" ]; }; then wait $!; fi
`;
