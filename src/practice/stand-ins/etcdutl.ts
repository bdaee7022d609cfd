import type { StandIn } from './stand-in.js';

/**
 * etcd's own tool, as far as going back to a snapshot needs it; it lies in etcd's image and not on the PATH. What it makes
 * is what etcd-data.ts reads: who the member is, and the snapshot. RELEASE is that of the image.
 */
export const etcdutl: StandIn = () => `
status() { [ "$*" = "$1 -w json" ] || refuse snapshot status "$@"
  v=$(head -c 100 "$1" | sed -n 's/^{"version":"\\([0-9.]*\\)".*/\\1/p'); [ -n "$v" ] || { echo 'Error: invalid database' >&2; exit 1; }
  printf '{"hash":1,"revision":1,"totalKey":1,"totalSize":%s,"version":"%s"}\\n' "$(wc -c <"$1")" "$v"; }
restore() { file=$1; shift; data=; name=; all=; url=; token=; up=; compacted=
  while [ $# -gt 0 ]; do case $1 in --mark-compacted) compacted=1; shift; continue;; --data-dir) data=$2;; --name) name=$2;;
    --initial-cluster) all=$2;; --initial-advertise-peer-urls) url=$2;; --initial-cluster-token) token=$2;; --bump-revision) up=$2;;
    *) refuse snapshot restore "$@";; esac; shift 2; done
  [ -n "$compacted" ] || { [ -z "$up" ] || { echo 'Error: --mark-compacted required if --bump-revision' >&2; exit 1; }; }
  [ ! -e "$data" ] || { echo "Error: data-dir \\"$data\\" not empty or could not be read" >&2; exit 1; }
  case ",$all," in *",$name=$url,"*) ;; *) echo "Error: couldn't find local name \\"$name\\" in the initial cluster configuration" >&2; exit 1;; esac
  umask 077; mkdir -p "$data/member/snap" "$data/member/wal" || exit 1
  { printf '{"restored":{"url":"%s","all":"%s","token":"%s","bump":%s},"snapshot":' "$url" "$all" "$token" "\${up:-0}"
    head -c "$(($(wc -c <"$file") - 32))" "$file"; echo '}'; } >"$data/member/snap/db"
  echo practice >"$data/member/wal/0000000000000000-0000000000000000.wal"; }
case "$1 $2" in version\\ ) echo "etcdutl version: $RELEASE"; echo "API version: \${RELEASE%.*}";;
'snapshot status') shift 2; status "$@";; 'snapshot restore') shift 2; restore "$@";; *) refuse "$@";; esac
`;
