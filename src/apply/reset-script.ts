import type { DesiredHost } from '../desired/resource.js';
import { paths } from '../host/paths.js';
import { at, word } from '../host/shell.js';
import { addressFunctions } from './address-script.js';
import { fence } from './fence.js';

/** What a reset deletes on one host, for people to read first and for the script to do. */
export interface ResetPlan {
  readonly units: readonly string[];
  readonly files: readonly string[];
  /** Removed with everything in them. */
  readonly trees: readonly string[];
  /** Removed when nothing of others is in them. */
  readonly directories: readonly string[];
  readonly images: readonly string[];
}

/** What podstrap brought to a host, from what the host should have. Pure. */
export function resetPlan(wanted: DesiredHost, etcdDataDir: string): ResetPlan {
  const files: string[] = [];
  const directories: string[] = [];
  const units: string[] = [];
  const images: string[] = [];
  for (const resource of wanted.resources) {
    if (resource.kind === 'directory') directories.push(resource.path);
    else if (resource.kind === 'unit') units.push(resource.name);
    else if (resource.kind === 'image') images.push(resource.ref);
    else if ('path' in resource) files.push(resource.path);
    if (resource.kind === 'certificate' && resource.key) files.push(resource.key.path);
  }
  const trees = [etcdDataDir, '/var/lib/kubelet', paths.stagingKubernetes, paths.podstrap];
  const parents = files
    .map((file) => file.slice(0, file.lastIndexOf('/')))
    .filter((path) => path.includes('kubernetes'));
  const deepestFirst = [...new Set([...directories, ...parents])]
    .filter((path) => !trees.includes(path))
    .sort((a, b) => b.split('/').length - a.split('/').length || a.localeCompare(b));
  return { units: units.reverse(), files, trees, directories: deepestFirst, images };
}

/**
 * Puts a host back: kubelet first so that nothing is restarted, then pods, images, units, files. Every part may be gone
 * already, so that a reset that was interrupted can be repeated. What podstrap did not bring stays; so does everything
 * on a file system that is still mounted below one of the trees: it may be a volume with somebody's data.
 */
export const resetScript = (
  { units, files, trees, directories, images }: ResetPlan,
  lockId: string,
): string => `${fence(lockId)}
exec 1>&2${addressFunctions}
v=$(address_of_pod)
systemctl stop kubelet.service 2>/dev/null
if [ -e "$R/run/containerd/containerd.sock" ]; then
  for i in $(ctr -n k8s.io tasks ls -q); do ctr -n k8s.io tasks kill -s SIGKILL "$i" >/dev/null 2>&1; done
  n=0; while [ -n "$(ctr -n k8s.io tasks ls | grep RUNNING)" ] && [ "$n" -lt 100 ]; do n=$((n+1)); sleep 0.1; done
  for i in $(ctr -n k8s.io tasks ls -q); do ctr -n k8s.io tasks rm -f "$i" >/dev/null 2>&1; done
  for i in $(ctr -n k8s.io containers ls -q); do ctr -n k8s.io containers rm "$i" >/dev/null 2>&1; done
  ${images.length === 0 ? ':' : `ctr -n k8s.io images rm ${images.map(word).join(' ')} >/dev/null 2>&1`}
fi
[ -z "$v" ] || drop_address "$v"
[ ! -x ${at(paths.podNetworkScript)} ] || ${at(paths.podNetworkScript)} down
${units.map((unit) => `systemctl disable -q --now ${word(unit)} 2>/dev/null`).join('\n')}
while read -r _ m _; do case $m in "$R"/var/lib/kubelet/*) umount -l "$m" 2>/dev/null;; esac; done <"$R/proc/mounts"
rm -f ${files.map(at).join(' ')} || exit 1
for d in ${trees.map(at).join(' ')}; do
  if [ -d "$d" ]; then find "$d" -xdev -mindepth 1 -depth -delete 2>/dev/null || find "$d" -xdev -mindepth 1 ! -type d -exec rm -f {} + || exit 1; fi
  rmdir "$d" 2>/dev/null
done
rmdir ${directories.map(at).join(' ')} 2>/dev/null
systemctl daemon-reload; systemctl reset-failed kubelet.service containerd.service 2>/dev/null
exit 0
`;
