import { paths } from '../host/paths.js';
import { at, octal, word } from '../host/shell.js';
import { fence } from './fence.js';

/** Exit code of a script whose input did not have the expected digest. */
export const wrongDigestCode = 3;

/**
 * Receives a binary on standard input and gives it its name only when what was written has the right digest.
 * Notes what a later probe needs to recognise the file without hashing it.
 *
 * It is hashed after it was written, from the page cache: hashing on the way, through tee(1) and a pipe, slowed the
 * transfer by more than that takes.
 */
export function binaryScript(
  binary: { readonly path: string; readonly mode: number; readonly sha256: string },
  lockId: string,
): string {
  const { path, mode, sha256 } = binary;
  const directory = path.slice(0, path.lastIndexOf('/'));
  const part = `${directory}/.podstrap-${path.slice(path.lastIndexOf('/') + 1)}`;
  return `${fence(lockId)}
b="$R${paths.binaryRecord}"
mkdir -p ${at(directory)} "\${b%/*}" || exit 1
clean() { rm -f ${at(part)} "$b.new"; }; trap clean EXIT
cat >${at(part)} || exit 1
sum=$(sha256sum <${at(part)}); sum=\${sum%% *}
if [ "$sum" != ${sha256} ]; then echo "received $sum, wanted ${sha256}" >&2; exit ${wrongDigestCode}; fi
chmod ${octal(mode)} ${at(part)} && chown 0:0 ${at(part)} && { sync ${at(part)} 2>/dev/null || sync; } && mv -f ${at(part)} ${at(path)} || exit 1
{ [ -e "$b" ] && grep -v ${word(` ${path}$`)} "$b"; stat -c ${word(`${sha256} %Z %s %i ${path}`)} ${at(path)}; } >"$b.new"
mv -f "$b.new" "$b"
`;
}

/** Receives an image as an OCI layout in a tar, imports it under its name and pins it. */
export function imageScript(
  image: { readonly ref: string; readonly digest: string },
  lockId: string,
): string {
  const { ref, digest } = image;
  return `${fence(lockId)}
ctr -n k8s.io images import --no-unpack=false - >/dev/null || exit 1
ctr -n k8s.io images ls | while read -r name _ got _; do [ "$name" = ${word(ref)} ] && echo "$got"; done | grep -qx ${word(digest)} || {
  echo ${word(`after the import ${ref} is not ${digest}`)} >&2; ctr -n k8s.io images rm ${word(ref)} >/dev/null; exit ${wrongDigestCode}; }
ctr -n k8s.io images label ${word(ref)} io.cri-containerd.pinned=pinned >/dev/null
`;
}
