import type { Blob } from '../../desired/artifact.js';
import { paths } from '../../host/paths.js';
import { word } from '../../host/shell.js';
import { fence, fencedStill } from '../scripts/fence.js';

/** Exit code of a script whose input did not have the expected digest. */
export const wrongDigestCode = 3;
/** Exit code of a script that found another beginning of its blob than it was told of. */
export const movedCode = 4;
/** Exit code of a script whose input ended too early; what came is kept. */
export const shortCode = 5;
/** Exit code of a script whose host cannot unpack. */
export const noGzipCode = 6;

/** What a script says as soon as it reads its input. */
export const readingLine = '@reading';

/** Where blobs arrive: under their digest once they are whole, before that with `.part` behind it. */
const folder = `I="$R${paths.incoming}"; mkdir -p "$I" && chmod 0700 "$I" && { [ -L "$R${paths.podstrap}" ] || chmod 0700 "$R${paths.podstrap}"; } || exit 1`;

/** Who finds out that a blob has the right digest: this host's shell as it arrives, or containerd when it imports it. */
export type Prover = 'shell' | 'containerd';

/**
 * Receives a blob, from byte `offset` on, on standard input. It takes its name once it is whole and, where nobody else
 * hashes it before it is used, has the right digest. What a broken connection leaves is kept: the next run goes on from
 * there. Nothing is synced, so what an earlier run left is always hashed here.
 *
 * It is hashed after it was written, from the page cache: hashing on the way, through tee(1) and a pipe, slowed the
 * transfer by more than that takes. sha256sum(1) has no use for the processor's own instructions on many distributions,
 * and took as long as the transfer; containerd, which stores a blob under the digest that it finds, has.
 */
export function receiveScript(
  { sha256, size }: Blob,
  offset: number,
  lockId: string,
  prover: Prover = 'shell',
  packed = false,
): string {
  const proof = `sum=$(sha256sum <"$p"); sum=\${sum%% *}
if [ "$sum" != ${sha256} ]; then rm -f "$p"; echo "received $sum, wanted ${sha256}" >&2; exit ${wrongDigestCode}; fi
`;
  return `${packed ? `command -v gzip >/dev/null || exit ${noGzipCode}\n` : ''}${append({ sha256, offset, lockId, packed })}
${fencedStill}; got=$(stat -c %s "$p")
[ "$got" -ge ${size} ] || { echo "$got of ${size} bytes came" >&2; exit ${shortCode}; }
${offset === 0 && prover === 'containerd' ? '' : proof}mv -f "$p" "$I/${sha256}" || exit 1
`;
}

/** Receives a part of a blob, from byte `offset` on, and keeps it for a script that receives the rest. */
export const receivePartScript = ({ sha256 }: Blob, offset: number, lockId: string): string =>
  `${append({ sha256, offset, lockId, packed: false })}\n${fencedStill}\n`;

interface Append {
  readonly sha256: string;
  readonly offset: number;
  readonly lockId: string;
  readonly packed: boolean;
}

/** Appends standard input. Of a packed one that breaks off, what could be unpacked is there; a full disk is left as it was. */
const append = ({ sha256, offset, lockId, packed }: Append): string => `${fence(lockId)}
${folder}; p="$I/${sha256}.part"
[ ! -e "$I/${sha256}" ] || mv -f "$I/${sha256}" "$p"
${offset === 0 ? ': >"$p" || exit 1' : `[ "$(stat -c %s "$p" 2>/dev/null)" = ${offset} ] || { echo 'it has another beginning' >&2; exit ${movedCode}; }`}
echo ${readingLine}
${packed ? 'gzip -dc | cat' : 'cat'} >>"$p" || { rm -f "$p"; exit 1; }`;

/** Receives small blobs as a tar whose members are named by their digests. They arrive together or not at all. */
export function receiveSmallScript(blobs: readonly Blob[], lockId: string): string {
  const names = blobs.map(({ sha256 }) => sha256).join(' ');
  return `${fence(lockId)}
${folder}
d=$(mktemp -d "$I/.XXXXXX") || exit 1; trap 'rm -rf "$d"' EXIT
tar -xf - -C "$d" || exit 1; ${fencedStill}
cd "$d" || exit 1
for b in ${names}; do [ -e "$b" ] || { echo "$b did not come" >&2; exit ${shortCode}; }; done
sha256sum ${names} >.sums || exit 1
while read -r sum name; do [ "$sum" = "$name" ] || { echo "received $sum, wanted $name" >&2; exit ${wrongDigestCode}; }; done <.sums
mv -f ${names} "$I/" || exit 1
`;
}

/** Removes what earlier runs left of transfers that nobody wants any more. @param names in the folder of arrivals */
export function tidyScript(names: readonly string[], lockId: string): string {
  return `${fence(lockId)}
cd "$R${paths.incoming}" && rm -rf ${names.map((name) => word(`./${name}`)).join(' ')}
`;
}
