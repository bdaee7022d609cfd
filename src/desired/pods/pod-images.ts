import { takesPart } from '../../inventory/host-kinds.js';
import { type Host, hasApi, type Inventory } from '../../inventory/inventory.js';
import { components, type PodName, podNames } from '../../kubernetes/pod-names.js';
import { pauseImage } from '../images.js';
import { ownPods, podsOn } from './own-pods.js';

/** What the static pods of a host run, the sandbox of every pod first. */
export const staticPodImages = (inventory: Inventory, host: Host): readonly string[] => [
  pauseImage(inventory),
  ...podsOn(inventory, host).map((name) => ownPods[name].image(inventory)),
];

/** Those of Kubernetes itself first, etcd's after them: so `kubeadm config images list` has them. */
const asListed: readonly PodName[] = [
  ...components.filter((name) => name !== 'etcd'),
  'etcd',
  ...podNames.filter((name) => !(components as readonly string[]).includes(name)),
];

/** What the static pods of a cluster's hosts run; every cluster has control planes. */
export const everyPodImage = (inventory: Inventory): readonly string[] =>
  asListed
    .map((name) => ownPods[name])
    .filter(({ when }) => when?.(inventory) ?? true)
    .filter(
      ({ on }) =>
        (on === 'control-plane' && hasApi(inventory)) ||
        inventory.spec.hosts.some((host) => takesPart(host, on)),
    )
    .map(({ image }) => image(inventory));
