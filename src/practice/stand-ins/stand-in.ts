/** Where the real programs are that some stand-ins call, by name. */
export type RealCommands = ReadonlyMap<string, string>;

/** A program of a practice host: POSIX sh after the common beginning. */
export type StandIn = (real: RealCommands) => string;

/**
 * What every stand-in begins with. `refuse` is for arguments it does not know: a forgiving stand-in would hide a typing
 * error until the script meets a real host. 64 is the exit code for wrong usage.
 */
export const beginning = `#!/bin/sh
R=$PODSTRAP_ROOT; P=$R/run/practice; me=\${0##*/}
refuse() {
  echo "$me $*" >>"$P/refused"
  echo "$me: the practice host does not know these arguments: $*" >&2
  exit 64
}
`;

/** A stand-in that never works here, such as reboot. */
export const refusedStandIn: StandIn = () => 'refuse "$@"\n';
