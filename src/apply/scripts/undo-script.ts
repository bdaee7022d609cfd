import { paths } from '../../host/paths.js';
import { at, word } from '../../host/shell.js';
import type { Replaced } from '../undo/replaced.js';
import { awaitSwitch, fence, fencedStill } from './fence.js';
import { storeFunctions } from './store-script.js';

/** Manifests of live pods go back by a switch; all else by a script. */
export const isManifest = (one: Replaced): one is Replaced & { was: 'file'; path: string } =>
  one.was === 'file' && one.path.startsWith(`${paths.manifests}/`);

/**
 * Puts back what a host had: contents from its store, modes, kernel settings and units; what was not there is removed.
 * Staged first and synced, then renamed. May run again after it was interrupted. Pure.
 * @param binaries paths that hold binaries: they are linked where that is possible, so that a full disk does not matter
 * @param restart units that must see what was put back
 * @param removed manifests that the run took away: no pod of theirs is to be switched
 */
export function undoScript(
  was: readonly Replaced[],
  binaries: ReadonlySet<string>,
  restart: readonly string[],
  lockId: string,
  removed: ReadonlySet<string> = new Set(),
): string {
  const others = was.filter((one) => !isManifest(one) || removed.has(one.path));
  const units = others.some((one) => 'path' in one && one.path.startsWith('/etc/systemd/'));
  return `
L="$R${paths.podstrap}"; B="$R${paths.stagingKubernetes}"; mkdir -p "$B"${fence(lockId)}${storeFunctions}
${awaitSwitch}
spot() { case $1 in ${paths.manifests}/*) t="$B/\${1##*/}";; *) t="$R\${1%/*}/.podstrap-\${1##*/}";; esac; }
whole() { [ -e "$D/$1" ] && hash "$D/$1" && [ "$h" = "$1" ] && return 0; echo "the host’s store has no whole copy of the earlier $2" >&2; return 1; }
stage() { whole "$1" "$4" && mkdir -p "$R\${4%/*}" && spot "$4" && rm -f "$t" && cp "$D/$1" "$t" && chmod "$2" "$t" && chown "$3" "$t"; }
stage_binary() { whole "$1" "$4" && mkdir -p "$R\${4%/*}" && spot "$4" && rm -f "$t" && { ln "$D/$1" "$t" 2>/dev/null || cp "$D/$1" "$t"; } && chmod "$2" "$t" && chown "$3" "$t"; }
stage_link() { whole "$1" "$2" && spot "$2" && rm -f "$t" && ln -s "$(cat "$D/$1")" "$t"; }
land() { spot "$2"; mv -f "$t" "$R$2" && applied "$1" "$2" && label "$R$2"; }
${others.flatMap((one) => stageLine(one, binaries)).join('\n')}
sync -f "$R/etc" "$L" 2>/dev/null || sync
${fencedStill}
${others.flatMap((one) => landLine(one, binaries)).join('\n')}
${[...others].reverse().flatMap(removeLine).join('\n')}
${units ? 'systemctl daemon-reload || exit 1' : ''}
${restart.map((unit) => `${fencedStill}; label_all; systemctl restart ${word(unit)} || exit 1`).join('\n')}
sync -f "$R/etc" "$L" 2>/dev/null || sync
`;
}

function stageLine(one: Replaced, binaries: ReadonlySet<string>): string[] {
  if (one.was === 'link') return [`stage_link ${one.sha256} ${word(one.path)} || exit 1`];
  if (one.was !== 'file') return [];
  const stage = binaries.has(one.path) ? 'stage_binary' : 'stage';
  return [`${stage} ${one.sha256} ${word(one.mode)} ${word(one.owner)} ${word(one.path)} || exit 1`];
}

function landLine(one: Replaced, binaries: ReadonlySet<string>): string[] {
  switch (one.was) {
    case 'link':
    case 'file': {
      const land = `land ${one.sha256} ${word(one.path)} || exit 1`;
      return [binaries.has(one.path) ? `${land}; record_binary ${one.sha256} ${word(one.path)}` : land];
    }
    case 'mode':
      return [
        `[ ! -e ${at(one.path)} ] || { chmod ${word(one.mode)} ${at(one.path)} && chown ${word(one.owner)} ${at(one.path)}; } || exit 1`,
      ];
    case 'sysctl':
      return [`sysctl -q -w ${word(`${one.name}=${one.value}`)} || exit 1`];
    default:
      return [];
  }
}

/** What was not there goes again, the last that came first. */
function removeLine(one: Replaced): string[] {
  if (one.was === 'absent') return [`rm -f ${at(one.path)} || exit 1`];
  if (one.was === 'no-directory') return [`rmdir ${at(one.path)} 2>/dev/null`];
  if (one.was !== 'unit' || one.enabled === 'enabled') return [];
  return [`systemctl disable -q ${one.enabled === 'absent' ? '--now ' : ''}${word(one.name)} 2>/dev/null`];
}
