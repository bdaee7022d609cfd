import { paths } from '../host/paths.js';
import { word } from '../host/shell.js';

/** Exit code of a script that found another owner in the host's lock. */
export const lockLostCode = 75;

/** Stands before whatever changes a host: a run whose lock is gone, or another's, changes nothing. */
export const fence = (lockId: string): string => `
owner=; [ -r "$R${paths.lock}" ] && read -r owner _ <"$R${paths.lock}"
if [ "$owner" != ${word(lockId)} ]; then echo "@locked $owner"; exit ${lockLostCode}; fi
touch "$R${paths.lock}"`;

/** The shell function that saves below $U what is about to be replaced, for the undoing. */
export const keepFunction = `
keep() { u="$U$1"; if [ ! -e "$u" ] && [ ! -e "$u.absent" ]; then mkdir -p "\${u%/*}" || return 1
  if [ -e "$R$1" ]; then cp -pP "$R$1" "$u"; else : >"$u.absent"; fi; fi; }`;
