import { paths } from '../../host/paths.js';
import { hardeningDirectories } from '../hardening/hardening-directories.js';
import type { HostInput } from '../host-input.js';
import { extraFileFolders } from '../pods/extra-files.js';
import { podDirectories } from '../pods/static-pods.js';
import type { DirectoryResource } from '../resource.js';

/** The directories that everything else on a host goes into. */
export const directories = (input: HostInput): readonly DirectoryResource[] => [
  directory('/etc/containerd', 0o755, 'configuration of containerd'),
  directory('/etc/cni/net.d', 0o755, 'where a network plugin puts its configuration'),
  directory('/opt/cni/bin', 0o755, 'where containerd looks for network plugins'),
  directory(paths.kubernetes, 0o755, 'kubeconfigs, certificates and manifests'),
  directory(paths.manifests, 0o700, 'staticPodPath of the kubelet'),
  directory(paths.pki, 0o755, 'certificates'),
  directory('/var/lib/kubelet', 0o700, 'configuration and state of the kubelet'),
  ...podDirectories(input),
  ...extraFileFolders(input),
  ...hardeningDirectories(input),
];

const directory = (path: string, mode: number, because: string): DirectoryResource => ({
  kind: 'directory',
  phase: 'node',
  path,
  mode,
  because,
});
