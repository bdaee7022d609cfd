/**
 * The static pods of podstrap's own, in the order in which they depend on each other. What each is made of stands in its row
 * of the table of pods.
 */
export const podNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-vip',
  'haproxy',
] as const;

export type PodName = (typeof podNames)[number];
