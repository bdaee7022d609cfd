import { dirname } from 'node:path/posix';
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
}: HostFacts): boolean {
  if (units['kubelet.service']?.active !== 'active' || kubeletAge < 0 || kubeletAge >= timeToStart)
    return false;
  const manifests = Object.keys(applied).filter(
    (path) => dirname(path) === paths.manifests && files[path] !== undefined,
  );
  // Sandboxes of another revision do not tell which pod they are.
  return sandboxes.filter(({ running }) => running).length < manifests.length;
}
