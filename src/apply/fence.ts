import { paths } from '../host/paths.js';
import { word } from '../host/shell.js';

/** Exit code of a script that found another owner in the host's lock. */
export const lockLostCode = 75;

/** Stands before whatever changes a host: a run whose lock is gone, or another's, changes nothing. */
export const fence = (lockId: string): string => `
owner=; [ -r "$R${paths.lock}" ] && read -r owner _ <"$R${paths.lock}"
if [ "$owner" != ${word(lockId)} ]; then echo "@locked $owner"; exit ${lockLostCode}; fi
touch "$R${paths.lock}"`;

/** Seconds to wait for the switch of a run that lost its connection or was killed; it ends by itself. */
const switchDeadline = 180;

/** Stands before whatever touches manifests or the kubelet: a switch that is under way has to end first. */
export const awaitSwitch = `looks=${switchDeadline * 5}
while systemctl is-active -q podstrap-switch.service && [ "$looks" -gt 0 ]; do looks=$((looks-1)); sleep 0.2; done`;
