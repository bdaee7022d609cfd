import type { StandIn } from './stand-in.js';

/** The last lines that a unit has written. */
export const journalctl: StandIn = () => `
unit=; lines=
while [ $# -gt 0 ]; do case $1 in
  -u|--unit) unit=$2; shift;; -u?*) unit=\${1#-u};; --unit=*) unit=\${1#*=};; -n|--lines) lines=$2; shift;; -n?*) lines=\${1#-n};; --lines=*) lines=\${1#*=};;
  --no-pager|-q|--quiet|-b|--boot) ;; -o) case $2 in cat|short) shift;; *) refuse "$@";; esac;; --output=cat|-ocat) ;;
  --since) shift;; --since=*) ;;
  *) refuse "$@";; esac; shift; done
[ -n "$unit" ] || refuse 'without -u'
case $unit in *.service) ;; *) unit=$unit.service;; esac
case $lines in *[!0-9]*) refuse "-n $lines";; esac
[ -e "$P/journal/$unit" ] || { echo '-- No entries --'; exit 0; }
if [ -n "$lines" ]; then tail -n "$lines" "$P/journal/$unit"; else cat "$P/journal/$unit"; fi
`;
