import type { BinaryArtifact } from '../bundle/artifact.js';
import { paths } from '../host/paths.js';
import { octal, word } from '../host/shell.js';
import { fence } from './fence.js';

export type Installed = Pick<BinaryArtifact, 'path' | 'mode' | 'sha256'>;

/**
 * Gives binaries that have arrived their final names, one after another, and reports each by a line `@done N`. Notes
 * what a later probe needs to recognise the files without hashing them.
 */
export function installScript(binaries: readonly Installed[], lockId: string): string {
  return `${fence(lockId)}
I="$R${paths.incoming}"; B="$R${paths.binaryRecord}"
d=$(mktemp -d "$I/.XXXXXX") || exit 1; trap 'rm -rf "$d"' EXIT
install() { mkdir -p "$R\${3%/*}" || return 1; p="$R\${3%/*}/.podstrap-\${3##*/}"
  $5 "$I/$2" "$p" && chmod "$4" "$p" && chown 0:0 "$p" && { sync "$p" 2>/dev/null || sync; } && mv -f "$p" "$R$3" || { rm -f "$p"; return 1; }
  { [ ! -e "$B" ] || while read -r s c n i f; do [ "$f" = "$3" ] || echo "$s $c $n $i $f"; done <"$B"
    stat -c "$2 %Z %s %i $6" "$R$3"; } >"$d/record"
  cp "$d/record" "$B.new" && mv -f "$B.new" "$B" && echo "@done $1"; }
${binaries.map((binary, index) => install(binaries, binary, index)).join('\n')}
`;
}

/** The same content under two names is moved to the last one, and copied to the others. */
function install(binaries: readonly Installed[], { path, mode, sha256 }: Installed, index: number): string {
  const again = binaries.slice(index + 1).some((other) => other.sha256 === sha256);
  const words = [
    index,
    sha256,
    word(path),
    octal(mode),
    again ? 'cp' : "'mv -f'",
    word(path.replaceAll('%', '%%')),
  ];
  return `install ${words.join(' ')} || exit 1`;
}
