/** The static pods of a control plane of Kubernetes, in the order in which they depend on each other. */
export const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

export type ComponentName = (typeof components)[number];

/** The static pods of podstrap's own. What each is made of, and what it asks of others, stands in its row of the table of pods. */
export const podNames = [...components, 'haproxy', 'kube-vip'] as const;

export type PodName = (typeof podNames)[number];

/** Whether a static pod of this name is podstrap's own; any other is one of people's. */
export const isOwnPod = (name: string): name is PodName => (podNames as readonly string[]).includes(name);
