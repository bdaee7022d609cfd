import { paths } from '../../host/paths.js';
import { word } from '../../host/shell.js';

/** Exit code of a script that found another owner in the host's lock. */
export const lockLostCode = 75;

/**
 * Stands before whatever changes a host: a run whose lock is gone, or another's, changes nothing. What passes is a sign
 * of life; under flock(1), so that nobody takes the lock over between the look and the sign.
 *
 * What it prints of another owner is what people know them by.
 *
 * It leaves the function `fenced` for later looks. They cost no process, and stand after whatever may take long, such as
 * an input from an operator whose machine sleeps, and before what is changed then.
 */
export const fence = (lockId: string): string => `
fenced() { owner= whose=; [ ! -r "$R${paths.lock}" ] || read -r owner whose <"$R${paths.lock}"
  [ "$owner" = ${word(lockId)} ] || { echo "@locked \${whose:-$owner}"; return ${lockLostCode}; }; }
fenced && (flock 9; fenced && touch -c "$R${paths.lock}") 9<"$R${paths.podstrap}" || exit ${lockLostCode}`;

/** A later look at the lock in a script that has passed the fence and has nothing to clean up. */
export const fencedStill = `fenced || exit ${lockLostCode}`;

/** Seconds to wait for the switch of a run that lost its connection or was killed; it ends by itself. */
export const switchDeadline = 180;

/** Waits for the end of a switch that is under way. */
export const switchEnds = `looks=${switchDeadline * 5}
while systemctl is-active -q podstrap-switch.service && [ "$looks" -gt 0 ]; do looks=$((looks-1)); sleep 0.2; done`;

/** Stands behind the fence and before whatever touches manifests or the kubelet: a switch that is under way ends first. */
export const awaitSwitch = `${switchEnds}
${fencedStill}`;
