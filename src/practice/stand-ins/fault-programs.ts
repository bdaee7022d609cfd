import type { CommandMoment } from '../faults.js';
import { beginning, type RealCommands } from './stand-in.js';

/** Marks the moment and never goes on: whoever watches the file cuts the connection or the power. */
const atMoment = ({ count }: CommandMoment): string => `
n=0; [ ! -e "$P/moment-count" ] || read -r n <"$P/moment-count"; n=$((n+1)); echo $n >"$P/moment-count"
if [ $n = ${count} ]; then : >"$P/moment-reached"; while [ -e "$P/moment-reached" ]; do sleep 0.05; done; fi
`;

/** As much as fits is written, then the program fails in the way of the real one. */
const onFullDisk = (real: RealCommands, limit: number): string => `
used=$(${real.get('du')} -sb "$R" 2>/dev/null | cut -f 1); left=$((${limit} - used)); [ $left -ge 0 ] || left=0
full() { echo "$me: $1: No space left on device" >&2; }
overflowed() { [ "$(head -c 1 | wc -c)" != 0 ] && cat >/dev/null; }
case $me in
tee) { head -c $left; if overflowed; then : >"$P/overflowed.$$"; fi; } | ${real.get('tee')} "$@"
  if [ -e "$P/overflowed.$$" ]; then rm -f "$P/overflowed.$$"; full 'write error'; exit 1; fi; exit 0;;
cat) if [ $# = 0 ] && [ -f /dev/stdout ]; then head -c $left; if overflowed; then full 'write error'; exit 1; fi; exit 0; fi;;
tar) case $1 in *x*) { head -c $left; if overflowed; then : >"$P/overflowed.$$"; fi; } | ${real.get('tar')} "$@" 2>/dev/null; code=$?
  if [ -e "$P/overflowed.$$" ]; then rm -f "$P/overflowed.$$"; full 'Cannot write'; exit 2; fi; exit $code;; esac;;
cp) size=0; for f; do last=$f; case $f in -*) ;; *) [ ! -f "$f" ] || size=$((size + $(${real.get('stat')} -c %s "$f")));; esac; done
  if [ $size -gt $left ]; then full "error writing '$last'"; exit 1; fi;;
esac
`;

const withClock = (seconds: number, date: string): string => `
case $* in '+%s'|'-u +%s') echo $(( $(${date} +%s) + ${seconds} )); exit;; esac
`;

/** What replaces the ordinary programs of one host while it has faults, by name. */
export function faultPrograms(
  faults: {
    readonly diskLimit: number | undefined;
    readonly clockOffset: number;
    readonly commandMoment: CommandMoment | undefined;
  },
  real: RealCommands,
  commandDirectory: string,
): ReadonlyMap<string, string> {
  const parts = new Map<string, string[]>();
  const add = (name: string, text: string) => parts.set(name, [...(parts.get(name) ?? []), text]);
  if (faults.commandMoment) add(faults.commandMoment.command, atMoment(faults.commandMoment));
  if (faults.clockOffset !== 0) add('date', withClock(faults.clockOffset, real.get('date')!));
  if (faults.diskLimit !== undefined)
    for (const name of ['tee', 'cat', 'tar', 'cp']) add(name, onFullDisk(real, faults.diskLimit));
  return new Map(
    [...parts].map(([name, texts]) => [
      name,
      `${beginning}${texts.join('')}exec ${commandDirectory}/${name} "$@"\n`,
    ]),
  );
}
