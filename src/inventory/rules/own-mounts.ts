import { optionalCaDirectories } from '../../host/ca-directories.js';
import type { ComponentName } from '../../kubernetes/pod-names.js';
import { isSupported, release } from '../../kubernetes/versions.js';
import type { Draft } from '../draft.js';

/** Where a component's own volumes are mounted: path → name of the volume. A test holds it to the templates. */
export const ownMounts = (component: ComponentName, draft: Draft): ReadonlyMap<string, string> =>
  new Map(mountsOf[component](draft));

type Mounts = readonly (readonly [path: string, volume: string])[];

const authorities: Mounts = [
  ['/etc/ssl/certs', 'ca-certs'],
  ...optionalCaDirectories.map((path) => [path, path.slice(1).replaceAll('/', '-')] as const),
];

const mountsOf: Readonly<Record<ComponentName, (draft: Draft) => Mounts>> = {
  etcd: ({ spec }) => [
    [spec?.etcd?.local?.dataDir ?? '/var/lib/etcd', 'etcd-data'],
    ['/etc/kubernetes/pki/etcd', 'etcd-certs'],
    ['/run/podstrap-cluster', 'podstrap-cluster'],
  ],
  'kube-apiserver': () => [...authorities, ['/etc/kubernetes/pki', 'k8s-certs']],
  'kube-controller-manager': (draft) => [
    ...authorities,
    ['/etc/kubernetes/pki', 'k8s-certs'],
    ['/etc/kubernetes/controller-manager.conf', 'kubeconfig'],
    ...flexVolumes(draft),
  ],
  'kube-scheduler': () => [['/etc/kubernetes/scheduler.conf', 'kubeconfig']],
};

const flexVolumes = ({ spec }: Draft): Mounts => {
  const version = spec?.kubernetesVersion;
  return version !== undefined && isSupported(version) && release(version).behaviour.flexVolumes
    ? [['/usr/libexec/kubernetes/kubelet-plugins/volume/exec', 'flexvolume-dir']]
    : [];
};
