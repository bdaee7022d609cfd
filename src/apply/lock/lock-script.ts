import { paths } from '../../host/paths.js';
import { word } from '../../host/shell.js';
import { shownText } from '../../observed/told.js';
import { lockLostCode } from '../scripts/fence.js';

/** Who holds a host's lock. */
export interface LockHolder {
  /** One word, unique; a script whose id is not the one in the file changes nothing. See newLockId. */
  readonly id: string;
  /** user@machine, and the command. */
  readonly owner: string;
}

/** Seconds without a heartbeat after which a lock may be taken over. */
export const lockLifetime = 120;

/** Milliseconds for a script about the lock. A host that is busy, or whose disk is, answers within that. */
export const lockLimitMs = 30_000;

/** Exit code of a script that found the lock in other hands. */
export const heldCode = 76;

/**
 * The file is one line, `ID SINCE OWNER`, seconds by the host's own clock; its last change is the last heartbeat.
 * Without an id, or without an end of line, it is nobody's: power failed, or the disk was full, while it was written.
 */
const look = `l="$R${paths.lock}"; exec 9<"$R${paths.podstrap}" && flock 9 || exit 1
now=$(date +%s); have=; since=; rest=; [ ! -f "$l" ] || read -r have since rest <"$l" || have=
case $since in '' | *[!0-9]*) rest="$since $rest"; begun=-;; *) begun=$((now-since));; esac
told() { echo "$((now-$(stat -c %Y "$l"))) $begun $have $rest"; }`;

/**
 * Takes the lock unless another living run has it. It is written under another name first: what does not arrive whole
 * leaves nothing. Reports `@switching` where a switch that an earlier holder began is still under way: its end is to be
 * waited for.
 * @param dead id of a run that is known to have ended
 */
export const takeScript = ({ id, owner }: LockHolder, dead = '-'): string => `
umask 077; mkdir -p "$R${paths.podstrap}" || exit 1
${look}
[ "$have" != ${word(id)} ] || { touch -c "$l"; exit 0; }
if [ -n "$have" ]; then
  held=$(told)
  [ "\${held%% *}" -gt ${lockLifetime} ] || [ "$have" = ${word(dead)} ] || { echo "$held"; exit ${heldCode}; }
fi
echo ${word(id)} "$now" ${word(owner)} | cat >"$l.new" && mv -f "$l.new" "$l" || { rm -f "$l.new"; exit 1; }
systemctl is-active -q podstrap-switch.service && echo '@switching on'
exit 0
`;

const present = `[ -e "$R${paths.lock}" ] || exit 0`;

/** Gives the lock back, if it is this one's. */
export const dropScript = (id: string): string => `${present}
${look}
[ "$have" != ${word(id)} ] || rm -f "$l"
exit 0
`;

/** A heartbeat; says as the fence does where the lock is another's, or nobody's. */
export const beatScript = (id: string): string => `
[ -e "$R${paths.lock}" ] || { echo '@locked '; exit ${lockLostCode}; }
${look}
[ "$have" = ${word(id)} ] || { echo "@locked $rest"; exit ${lockLostCode}; }
touch -c "$l"
`;

/** Tells who holds the lock. */
export const tellScript = `${present}
${look}
[ -z "$have" ] || told
`;

/** Removes the lock if it is this one, or nobody's, and tells who held it. @param id of the lock; undefined for none */
export const breakScript = (id: string | undefined): string => `${present}
${look}
[ -z "$have" ] || [ "$have" = ${word(id ?? '-')} ] || exit 0
[ -z "$have" ] || told
rm -f "$l"
`;

/** A lock in somebody's hands, as its host tells it. */
export interface HeldLock extends LockHolder {
  readonly host: string;
  /** Seconds since the last heartbeat. */
  readonly silent: number;
  /** Seconds since it was taken; undefined where the file does not say. */
  readonly age: number | undefined;
}

/** Reads what a script told; undefined when nobody holds the lock. */
export function parseHeld(host: string, told: string): HeldLock | undefined {
  const [, silent, begun, id, owner] = /^(-?\d{1,15}) (-|-?\d{1,15}) (\S{1,1000}) (.*)$/m.exec(told) ?? [];
  if (id === undefined) return undefined;
  const age = begun === '-' ? undefined : Math.max(0, Number(begun));
  return {
    host,
    id,
    owner: shownText(owner ?? '').trim() || 'somebody',
    silent: Math.max(0, Number(silent)),
    age,
  };
}

/** Who it is, since when, and the last heartbeat, as a sentence's part. */
export const holderText = ({
  owner,
  age,
  silent,
}: {
  readonly owner: string;
  readonly age?: number | undefined;
  readonly silent: number;
}): string => `locked by ${owner}${age === undefined ? '' : ` for ${age} s`}; last heartbeat ${silent} s ago`;
