/**
 * `ctr images …` and `ctr content …`: an image is one line in a file of its own: ref, media type, digest, bytes, platform,
 * labels. Blobs are verified and kept under their digest, as long as an image names them.
 */
export const ctrImages = `
I=$D/images; B=$D/content; N=$D/refs
image_file() { echo "$I/$(printf %s "$1" | tr / '|')"; }
show_images() { set -- "$I"/*; [ -e "$1" ] || set -- /dev/null
  awk 'function size(b,u,i){split("B KiB MiB GiB",u," ");for(i=1;b>=1024&&i<4;i++)b/=1024;return sprintf(i==1?"%d %s":"%.1f %s",b,u[i])}
  BEGIN{split("REF TYPE DIGEST SIZE PLATFORMS LABELS",c," ");for(j=1;j<=6;j++)w[j]=length(t[0,j]=c[j])}
  {n++;for(j=1;j<=6;j++){v=j==4?size($4):$j;t[n,j]=v;if(length(v)>w[j])w[j]=length(v)}}
  END{for(i=0;i<=n;i++){s="";for(j=1;j<=6;j++)s=s sprintf("%-" (w[j]+1) "s",t[i,j]);print s}}' "$@"; }
# The first value of a JSON field: index, manifest and config are written by machines, on one line or many.
field() { tr -d '\\n ' <"$2" | grep -o "\\"$1\\":\\"[^\\"]*\\"" | head -n 1 | cut -d '"' -f 4; }
import_image() { extra=$1; mkdir -p "$I"; t=$(mktemp -d "$D/ingest.XXXXXX") || exit 1; trap 'rm -rf "$t"' EXIT
  tar -xf - -C "$t" || { echo 'ctr: failed to read the archive' >&2; exit 1; }
  [ -e "$t/oci-layout" ] && [ -e "$t/index.json" ] || { echo 'ctr: unrecognized image format' >&2; exit 1; }
  mkdir -p "$B" "$N"; cd "$t/blobs/sha256" || exit 1
  set -- *; [ -e "$1" ] || set --
  [ $# = 0 ] || sha256sum -- "$@" | while read -r sum name; do [ "$sum" = "$name" ] || { echo "ctr: failed commit: unexpected commit digest sha256:$sum, expected sha256:$name: failed precondition" >&2; exit 1; }; done || exit 1
  [ $# = 0 ] || mv -f -- "$@" "$B/"; cd "$B" || exit 1
  digest=$(field digest "$t/index.json"); ref=$(field io.containerd.image.name "$t/index.json")
  case $(tr -d '\\n ' <"$t/index.json" | grep -o '"digest":' | wc -l) in *1) ;; *) refuse 'an archive of several images';; esac
  [ -n "$ref" ] || { echo 'ctr: the archive does not name its image' >&2; exit 1; }
  need() { [ -e "\${1#sha256:}" ] || { echo "ctr: content digest $1: not found" >&2; exit 1; }; }
  need "$digest"; manifest=\${digest#sha256:}; type=$(field mediaType "$manifest"); config=
  ! grep -q '"manifests"' "$manifest" || refuse 'an archive with an index of platforms'
  for d in $(tr -d '\\n ' <"$manifest" | grep -o '"digest":"sha256:[0-9a-f]*"' | cut -d '"' -f 4); do need "$d"; [ -n "$config" ] || config=$d; set -- "$@" "\${d#sha256:}"; done
  set -- "$manifest" "$@"; all=$(printf '%s\\n' "$@" | sort -u)
  arch=$(field architecture "\${config#sha256:}"); case $(uname -m) in x86_64) own=amd64;; aarch64) own=arm64;; *) own=$arch;; esac
  [ "$arch" = "$own" ] || { echo "ctr: no match for platform in manifest: $arch is not $own: not found" >&2; exit 1; }
  bytes=$(cat -- $all | wc -c); [ -n "$type" ] || type=application/vnd.oci.image.manifest.v1+json
  for name in "$ref" "$config"; do f=$(image_file "$name"); labels=io.cri-containerd.image=managed; [ "$name" = "$config" ] || labels=$labels$extra
    printf '%s\\n' $all >"$N/\${f##*/}"
    echo "$name $type $digest $((bytes)) linux/$arch $labels" >"$f.$$" && mv -f "$f.$$" "$f" || exit 1; done
  echo "unpacking $ref ($digest)...done"; }
label_image() { f=$(image_file "$1"); [ -e "$f" ] || { echo "ctr: image \\"$1\\": not found" >&2; exit 1; }
  read -r name type digest bytes platform labels <"$f"; shift; [ "$labels" != - ] || labels=
  for l; do case $l in *=*) labels=$(printf '%s\\n' "$labels" "$l" | tr , '\\n' | awk -F= -v k="\${l%%=*}" -v l="$l" 'NF&&$1!=k{print}END{print l}' | sort | tr '\\n' ,); labels=\${labels%,};;
    *) refuse "label $l";; esac; done
  echo "$name $type $digest $bytes $platform $labels" >"$f.$$" && mv -f "$f.$$" "$f"; echo "$labels"; }
# What no image names any more is gone, as after a collection of garbage.
collect() { for b in "$B"/*; do [ ! -e "$b" ] || grep -qxF -- "\${b##*/}" "$N"/* 2>/dev/null || rm -f "$b"; done; }
content() { verb=$1; shift; case $verb in
  ls|list) case "$*" in -q|--quiet) for b in "$B"/*; do [ -e "$b" ] && echo "sha256:\${b##*/}"; done; :;; *) refuse content ls "$@";; esac;;
  get) [ $# = 1 ] || refuse content get "$@"; [ -e "$B/\${1#sha256:}" ] || { echo "ctr: content $1: not found" >&2; exit 1; }; cat "$B/\${1#sha256:}";;
  rm|delete|del|remove) for b; do [ -e "$B/\${b#sha256:}" ] || { echo "ctr: content $b: not found" >&2; exit 1; }; rm -f "$B/\${b#sha256:}"; echo "$b"; done;;
  *) refuse content "$verb" "$@";; esac; }
# Of an image's content nothing is real; what scripts look for in it is.
mount_image() { f=$(image_file "$1"); [ -e "$f" ] || { echo "ctr: image \\"$1\\": not found" >&2; exit 1; }
  [ -d "$2" ] && [ ! -e "$2/usr" ] || { echo "ctr: snapshot \\"$2\\": already exists" >&2; exit 1; }
  case $1 in */etcd:*) release=\${1##*:}; mkdir -p "$2/usr/local/bin"; f=$2/usr/local/bin/etcdutl
    printf '#!/bin/sh\\nRELEASE=%s; export RELEASE; exec %s "$@"\\n' "\${release%%-*}" "\${0%/*}/.etcdutl" >"$f"; chmod 755 "$f";; esac; echo "$2"; }
images() { verb=$1; shift; case $verb in
  ls|list) case "$*" in '') show_images;; -q|--quiet) for f in "$I"/*; do [ -e "$f" ] && read -r ref _ <"$f" && echo "$ref"; done;;
    name==*) show_images | awk -v n="\${1#name==}" 'NR==1||$1==n';; *) refuse images ls "$@";; esac;;
  import) more=; while [ $# -gt 1 ]; do case $1 in --no-unpack=false|--local|--digests=false) shift;; --label) more=$more,$2; shift 2;; *) refuse images import "$@";; esac; done
    [ "$1" = - ] || refuse images import "$@"; import_image "$more";;
  label) [ $# -gt 1 ] || refuse images label "$@"; label_image "$@";;
  mount) [ $# = 2 ] || refuse images mount "$@"; mount_image "$@";;
  unmount) [ $# = 2 ] && [ "$1" = --rm ] || refuse images unmount "$@"; rm -rf "$2/usr"; echo "$2";;
  rm|delete|del|remove) [ "$1" != --sync ] || shift; for ref; do f=$(image_file "$ref"); if [ -e "$f" ]; then rm -f "$f" "$N/\${f##*/}" && collect && echo "$ref"
    else echo "ctr: image \\"$ref\\": not found" >&2; exit 1; fi; done;;
  tag) [ "$1" != --force ] || shift; f=$(image_file "$1"); [ $# = 2 ] && [ -e "$f" ] || { echo "ctr: image \\"$1\\": not found" >&2; exit 1; }
    read -r _ rest <"$f"; echo "$2 $rest" >"$(image_file "$2")"; cp "$N/\${f##*/}" "$N/$(printf %s "$2" | tr / '|')"; echo "$2";;
  *) refuse images "$verb" "$@";; esac; }
`;
