import { paths } from '../host/paths.js';
import { at, octal, word } from '../host/shell.js';
import { fence } from './fence.js';

/** Exit code of a script whose input did not have the expected digest. */
export const wrongDigestCode = 3;

/**
 * Receives a binary on standard input, hashing while it writes, and gives it its name only when the digest is right.
 * Notes what a later probe needs to recognise the file without hashing it.
 */
export function binaryScript(
  binary: { readonly path: string; readonly mode: number; readonly sha256: string },
  lockId: string,
): string {
  const { path, mode, sha256 } = binary;
  const directory = path.slice(0, path.lastIndexOf('/'));
  const part = `${directory}/.podstrap-${path.slice(path.lastIndexOf('/') + 1)}`;
  return `${fence(lockId)}
mkdir -p ${at(directory)} "$R${paths.podstrap}" || exit 1
d=$(mktemp -d) || exit 1; clean() { rm -rf "$d"; rm -f ${at(part)}; }; trap clean EXIT
mkfifo "$d/f" || exit 1
sha256sum <"$d/f" >"$d/sum" & h=$!
tee "$d/f" >${at(part)} || exit 1
wait "$h"; read -r sum _ <"$d/sum"
if [ "$sum" != ${sha256} ]; then echo "received $sum, wanted ${sha256}" >&2; exit ${wrongDigestCode}; fi
chmod ${octal(mode)} ${at(part)} && chown 0:0 ${at(part)} && { sync ${at(part)} 2>/dev/null || sync; } && mv -f ${at(part)} ${at(path)} || exit 1
b="$R${paths.binaryRecord}"
{ [ -e "$b" ] && grep -v ${word(` ${path}$`)} "$b"; stat -c ${word(`${sha256} %Z %s %i ${path}`)} ${at(path)}; } >"$d/record"
cp "$d/record" "$b.new" && mv -f "$b.new" "$b"
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
