import type { Inventory } from '../inventory/inventory.js';
import type { ComponentName } from '../kubernetes/pod-names.js';
import { release } from '../kubernetes/versions.js';
import { imagesOfAddons } from './images-in.js';

/** The full name of a component's image, with the inventory's repositories and tags. */
export function componentImage(inventory: Inventory, component: ComponentName): string {
  const { imageRepository, kubernetesVersion, etcd } = inventory.spec;
  if (component !== 'etcd') return `${imageRepository}/${component}:${kubernetesVersion.replace('+', '_')}`;
  return `${etcd.local.imageRepository ?? imageRepository}/etcd:${etcdTag(inventory)}`;
}

/** The image of kube-proxy. */
export const kubeProxyImage = ({ spec }: Inventory): string =>
  `${spec.imageRepository}/kube-proxy:${spec.kubernetesVersion.replace('+', '_')}`;

/** The image of CoreDNS, which only the registry of Kubernetes itself keeps in a folder. */
export function coreDnsImage({ spec: { dns, imageRepository, kubernetesVersion } }: Inventory): string {
  const own = dns.imageRepository ?? imageRepository;
  const repository = own === 'registry.k8s.io' ? `${own}/coredns` : own;
  return `${repository}/coredns:${dns.imageTag ?? release(kubernetesVersion).tags.coredns}`;
}

/** The images of what runs as pods of the API: any host may get one. */
export const systemImages = (inventory: Inventory): readonly string[] => [
  ...(inventory.spec.kubeProxy.disabled ? [] : [kubeProxyImage(inventory)]),
  ...(inventory.spec.dns.disabled ? [] : [coreDnsImage(inventory)]),
];

/** The image of workers' balancers, which the registry of Kubernetes does not have. */
export function loadBalancerImage({ spec }: Inventory): string {
  const { imageRepository, imageTag } = spec.loadBalancer;
  const usual = spec.imageRepository === 'registry.k8s.io' ? 'docker.io/library' : spec.imageRepository;
  return `${imageRepository ?? usual}/haproxy:${imageTag ?? release(spec.kubernetesVersion).haproxy}`;
}

/** The image that holds a virtual address, which the registry of Kubernetes does not have. */
export function virtualAddressImage({ spec }: Inventory): string {
  const { imageRepository, imageTag } = spec.virtualAddress ?? {};
  const usual = spec.imageRepository === 'registry.k8s.io' ? 'ghcr.io/kube-vip' : spec.imageRepository;
  return `${imageRepository ?? usual}/kube-vip:${imageTag ?? release(spec.kubernetesVersion).kubeVip}`;
}

/** The images that manifests of spec.addons mention, full names: any host may get one of their pods. */
export const manifestImages = ({ addons }: Inventory): readonly string[] =>
  imagesOfAddons(addons.flatMap(({ objects }) => objects));

/** The image of the sandbox of every pod. */
export const pauseImage = ({ spec }: Inventory): string =>
  `${spec.imageRepository}/pause:${release(spec.kubernetesVersion).tags.pause}`;

/** The tag of etcd's image: the inventory's own, or the release's. */
export const etcdTag = ({ spec }: Inventory): string =>
  spec.etcd.local.imageTag ?? release(spec.kubernetesVersion).tags.etcd;

/**
 * Whether this inventory's etcd knows feature gates: 3.6 and later; 3.5 has the same switches under `--experimental-*`,
 * which 3.7 refuses. A tag that is no version is taken for a new one.
 */
export function etcdHasFeatureGates(inventory: Inventory): boolean {
  const version = /^v?(\d+)\.(\d+)/.exec(etcdTag(inventory));
  return version === null || Number(version[1]) > 3 || Number(version[2]) >= 6;
}
