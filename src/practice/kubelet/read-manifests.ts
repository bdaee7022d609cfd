import type { HostFiles } from '../host-files.js';
import type { KubeletSettings } from './kubelet-settings.js';
import { parseStaticPod, type StaticPod } from './static-pod.js';

/**
 * The pods in staticPodPath by uid: every file whose name does not begin with a dot, whatever it ends in.
 * @param tell told about files that are no manifests
 */
export function readManifests(
  files: HostFiles,
  { staticPodPath, nodeName, version }: KubeletSettings,
  tell: (line: string) => void,
): ReadonlyMap<string, StaticPod> {
  const pods = new Map<string, StaticPod>();
  if (staticPodPath === undefined) return pods;
  for (const name of files.list(staticPodPath)) {
    const path = `${staticPodPath}/${name}`;
    const text = name.startsWith('.') || files.kindOf(path) !== 'file' ? undefined : files.read(path);
    if (text === undefined) continue;
    try {
      const pod = parseStaticPod(text, path, nodeName, version);
      pods.set(pod.uid, pod);
    } catch (error) {
      const [reason] = (error as Error).message.split('\n');
      tell(`"Could not process manifest file" path="${path}" err="${reason}"`);
    }
  }
  return pods;
}
