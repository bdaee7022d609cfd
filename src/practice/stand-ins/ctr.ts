import { ctrImages } from './ctr-images.js';
import type { StandIn } from './stand-in.js';

/**
 * `ctr containers …` and `ctr tasks …`: the mini kubelet keeps one file per container and one per running task. A task
 * that was killed stays, stopped, with what its shim has mounted, until it is deleted.
 */
const containers = `
C=$D/containers; T=$R/run/containerd/practice/tasks; K=$R/run/containerd/io.containerd.runtime.v2.task/k8s.io
ended() { for f in "$K"/*; do [ ! -d "$f" ] || [ -e "$T/\${f##*/}" ] || echo "\${f##*/}"; done; }
drop() { rm -f "$T/$1"; [ -d "$K/$1" ] || return 0; grep -vF "/$1/" "$R/proc/mounts" >"$R/proc/.mounts.$$"; cat "$R/proc/.mounts.$$" >"$R/proc/mounts"; rm -rf "$R/proc/.mounts.$$"  "\${K:?}/$1"; }
# Filters of one argument must all hold; of several arguments, any.
list_containers() { quiet=$1; shift; for f; do case $f in -*) refuse containers ls "$f";; esac; done
  filters=$(for f; do printf '%s\\n' "$f"; done)
  set -- "$C"/*; [ -e "$1" ] || set -- /dev/null
  awk -v filters="$filters" -v quiet="$quiet" '
  function one(e, k,v,p){ if(match(e,/==/)){k=substr(e,1,RSTART-1);v=substr(e,RSTART+2);p=1}else{k=e;p=0}
    gsub(/^"|"$/,"",v)
    if(k=="id")return p&&v==id
    if(k=="image")return p&&v==image
    sub(/^labels\\./,"",k);gsub(/^"|"$/,"",k)
    return p?(k in label)&&label[k]==v:(k in label)}
  function all(f, n,i,e){n=split(f,e,",");for(i=1;i<=n;i++)if(!one(e[i]))return 0;return 1}
  function wanted( n,i,f){if(filters=="")return 1;n=split(filters,f,"\\n");for(i=1;i<=n;i++)if(all(f[i]))return 1;return 0}
  function flush(){if(id!=""&&wanted())print quiet?id:sprintf("%-68s%-60s%s",id,image,"io.containerd.runc.v2")}
  function check( n,i,j,m,f,e){n=split(filters,f,"\\n");for(i=1;i<=n;i++){m=split(f[i],e,",")
    for(j=1;j<=m;j++)if(e[j]!~/^(id==.+|image==.+|labels\\.("[^"]+"|[A-Za-z0-9_-]+)(==.*)?)$/)bad=1}}
  BEGIN{check();if(bad)exit 65;if(!quiet)printf("%-68s%-60s%s\\n","CONTAINER","IMAGE","RUNTIME")}
  FNR==1{flush();split("",label);id=FILENAME;sub(/.*\\//,"",id);image=$0;next}
  {i=index($0,"=");label[substr($0,1,i-1)]=substr($0,i+1)}
  END{if(bad)exit 65;flush()}' "$@"; code=$?; [ $code != 65 ] || refuse containers ls "$filters"; return $code; }
info() { [ -e "$C/$1" ] || { echo "ctr: container \\"$1\\" in namespace \\"k8s.io\\": not found" >&2; exit 1; }
  awk -v id="$1" 'NR==1{printf("{\\n    \\"ID\\": \\"%s\\",\\n    \\"Labels\\": {",id);image=$0;next}
  {i=index($0,"=");printf("%s\\n        \\"%s\\": \\"%s\\"",NR>2?",":"",substr($0,1,i-1),substr($0,i+1))}
  END{printf("\\n    },\\n    \\"Image\\": \\"%s\\"\\n}\\n",image)}' "$C/$1"; }
containers() { verb=$1; shift; case $verb in
  ls|list) quiet=; case $1 in -q|--quiet) quiet=1; shift;; esac; list_containers "$quiet" "$@";;
  info) [ $# = 1 ] || refuse containers info "$@"; info "$1";;
  rm|delete|del|remove) for c; do [ ! -e "$T/$c" ] || { echo "ctr: cannot delete a non stopped container: $c" >&2; exit 1; }
    [ -e "$C/$c" ] || { echo "ctr: container \\"$c\\" in namespace \\"k8s.io\\": not found" >&2; exit 1; }; rm -f "$C/$c"; done;;
  *) refuse containers "$verb" "$@";; esac; }
tasks() { verb=$1; shift; case $verb in
  ls|list) case "$*" in '') echo 'TASK                                                                PID      STATUS    '
    for f in "$T"/*; do [ -e "$f" ] && read -r pid <"$f" && printf '%-68s%-9s%s\\n' "\${f##*/}" "$pid" RUNNING; done; ended | while read -r f; do printf '%-68s%-9s%s\\n' "$f" 0 STOPPED; done;;
    -q|--quiet) for f in "$T"/*; do [ -e "$f" ] && echo "\${f##*/}"; done; ended;; *) refuse tasks ls "$@";; esac;;
  kill) while :; do case $1 in -s|--signal) shift 2;; -a|--all) shift;; -*) refuse tasks kill "$@";; *) break;; esac; done
    for t; do [ -e "$T/$t" ] || { echo "ctr: task $t not found: not found" >&2; exit 1; }; rm -f "$T/$t"; done;;
  exec) [ "$1" = --exec-id ] && [ $# -ge 4 ] || refuse tasks exec "$@"; shift 2
    [ -e "$T/$1" ] || { echo "ctr: container \\"$1\\" in namespace \\"k8s.io\\": not found" >&2; exit 1; }; shift
    case $1 in true|false) exec "$1";; *) refuse tasks exec "$@";; esac;;
  rm|delete|del|remove) [ "$1" != -f ] && [ "$1" != --force ] || shift; for t; do drop "$t"; done;;
  *) refuse tasks "$verb" "$@";; esac; }
`;

/** containerd's client, as far as scripts use it. It is on a host when somebody has put it there, as on real hosts. */
export const ctr: StandIn = () => `
[ -x "$R/usr/local/bin/ctr" ] || [ -x "$R/usr/bin/ctr" ] || { echo 'sh: 1: ctr: not found' >&2; exit 127; }
namespace=
while :; do case $1 in -n|--namespace) namespace=$2; shift 2;; -a|--address) shift 2;; --connect-timeout) shift 2;; -*) refuse "$@";; *) break;; esac; done
[ -e "$R/run/containerd/containerd.sock" ] || {
  echo 'ctr: failed to dial "/run/containerd/containerd.sock": connect: no such file or directory' >&2; exit 1; }
[ "$1" != version ] || { echo 'Client:'; echo '  Version:  v2.3.7'; echo; echo 'Server:'; echo '  Version:  v2.3.7'; exit; }
D=$R/var/lib/containerd/practice; mkdir -p "$D"
case $namespace:"$*" in
:'namespaces ls -q'|:'namespaces list -q') for f in "$D/namespaces"/*; do [ ! -e "$f" ] || echo "\${f##*/}"; done; [ ! -d "$D/containers" ] || echo k8s.io; exit;;
k8s.io:*) ;;
?*:'containers ls -q'|?*:'images ls -q') cat "$D/namespaces/$namespace/$1" 2>/dev/null; exit 0;;
*) refuse "without -n k8s.io" "$@";; esac
${ctrImages}${containers}
group=$1; shift
case $group in images|image|i) images "$@";; content) content "$@";; containers|container|c) containers "$@";; tasks|task|t) tasks "$@";; *) refuse "$group" "$@";; esac
`;
