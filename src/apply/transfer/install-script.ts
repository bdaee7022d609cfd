import type { BinaryArtifact } from '../../desired/artifact.js';
import { paths } from '../../host/paths.js';
import { octal, word } from '../../host/shell.js';
import { fence, fencedStill } from '../scripts/fence.js';
import { keepBinaryFunction, storeFunctions } from '../scripts/store-script.js';

export type Installed = Pick<BinaryArtifact, 'path' | 'mode' | 'sha256'>;

/**
 * Gives binaries that have arrived their final names, one after another, and reports each by a line `@done N`. Notes
 * what a later probe needs to recognise the files without hashing them.
 */
export function installScript(binaries: readonly Installed[], lockId: string): string {
  return `${fence(lockId)}${storeFunctions}${keepBinaryFunction}
I="$R${paths.incoming}"
install() { keep_directory "\${3%/*}" && mkdir -p "$R\${3%/*}" && keep_binary "$3" || return 1; p="$R\${3%/*}/.podstrap-\${3##*/}"
  $5 "$I/$2" "$p" && chmod "$4" "$p" && chown 0:0 "$p" && { sync "$p" 2>/dev/null || sync; } && mv -f "$p" "$R$3" || { rm -f "$p"; return 1; }
  label "$R$3" && record_binary "$2" "$3" && applied "$2" "$3" && echo "@done $1"; }
${binaries.map((binary, index) => install(binaries, binary, index)).join('\n')}
`;
}

/** The same content under two names is moved to the last one, and copied to the others. */
function install(binaries: readonly Installed[], { path, mode, sha256 }: Installed, index: number): string {
  const again = binaries.slice(index + 1).some((other) => other.sha256 === sha256);
  const words = [index, sha256, word(path), octal(mode), again ? 'cp' : "'mv -f'"];
  return `${fencedStill}; install ${words.join(' ')} || exit 1`;
}
