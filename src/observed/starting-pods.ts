import { basename, dirname } from 'node:path/posix';
import { paths } from '../host/paths.js';
import type { HostFacts } from './facts.js';

/** Seconds after its start in which a kubelet brings up the static pods that it finds: a few, and more on a busy host. */
const timeToStart = 20;

/**
 * True while a kubelet that has only just started, as after a boot, has not brought up all pods that the last finished run
 * left there: what is missing may need nothing but a moment. Pure.
 */
export function isStartingPods({
  units,
  kubeletAge = timeToStart,
  applied,
  files,
  sandboxes,
  etcdData,
}: HostFacts): boolean {
  if (units['kubelet.service']?.active !== 'active' || kubeletAge < 0 || kubeletAge >= timeToStart)
    return false;
  // A kubelet does not start an etcd whose data is gone.
  const isStarted = (path: string) =>
    files[path] !== undefined && (etcdData || basename(path) !== 'etcd.yaml');
  const manifests = Object.keys(applied).filter(
    (path) => dirname(path) === paths.manifests && isStarted(path),
  );
  // Sandboxes of another revision do not tell which pod they are.
  return sandboxes.filter(({ running }) => running).length < manifests.length;
}
