import type { ImageArtifact } from '../../desired/artifact.js';
import { paths } from '../../host/paths.js';
import { word } from '../../host/shell.js';
import { fence, fencedStill } from '../scripts/fence.js';
import { wrongDigestCode } from './receive-script.js';

/**
 * Imports an image under its name, pinned. What containerd has already is left out of the archive: it looks layers up in
 * its own content store. It stores each blob under the digest that it finds, so one that is damaged is missing under its
 * own; which one, is looked for then.
 *
 * `--local` takes half the time and processor of the transfer service, which gets the archive in pieces of 32 KiB.
 * @param keep hex SHA-256 of blobs that others still need after this
 */
export function importScript(image: ImageArtifact, lockId: string, keep: readonly string[]): string {
  const { ref, digest, blobs } = image;
  const names = blobs.map(({ sha256 }) => sha256);
  const done = names.filter((name) => !keep.includes(name));
  return `${fence(lockId)}
I="$R${paths.incoming}"; mkdir -p "$I" && d=$(mktemp -d "$I/.XXXXXX") || exit 1; trap 'rm -rf "$d"' EXIT
mkdir -p "$d/blobs/sha256" || exit 1
for b in ${names.join(' ')}; do [ ! -e "$I/$b" ] || ln "$I/$b" "$d/blobs/sha256/$b" || exit 1; done
printf %s ${word('{"imageLayoutVersion":"1.0.0"}')} >"$d/oci-layout"
printf %s ${word(indexOf(image))} >"$d/index.json" || exit 1
refused() { cd "$d/blobs/sha256" || exit 1; for b in *; do [ -e "$b" ] || continue; sum=$(sha256sum <"$b"); sum=\${sum%% *}
  [ "$sum" = "$b" ] || { rm -f "$I/$b"; echo "received $sum, wanted $b" >&2; exit ${wrongDigestCode}; }; done; exit 1; }
${fencedStill}
tar -cf - -C "$d" oci-layout index.json blobs | ctr -n k8s.io images import --local --label io.cri-containerd.pinned=pinned - >/dev/null || refused
ctr -n k8s.io images ls | while read -r name _ got _; do [ "$name" = ${word(ref)} ] && echo "$got"; done | grep -qx ${word(digest)} || {
  echo ${word(`after the import ${ref} is not ${digest}`)} >&2; ctr -n k8s.io images rm ${word(ref)} >/dev/null; exit ${wrongDigestCode}; }
${done.length === 0 ? '' : `cd "$I" && rm -f ${done.join(' ')}`}
`;
}

/** The index of an OCI image layout (https://github.com/opencontainers/image-spec/blob/main/image-layout.md) of one image. */
const indexOf = ({ ref, mediaType, digest, blobs }: ImageArtifact): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType,
        digest,
        size: blobs[0]!.size,
        annotations: { 'io.containerd.image.name': ref, 'org.opencontainers.image.ref.name': ref },
      },
    ],
  });
