import type { Spec } from '../inventory/inventory.js';

/** The static pods of a control plane, in the order in which they depend on each other. */
export const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** Components of which one instance at a time is at work: the holder of the lease of its name. */
export const elected = ['kube-controller-manager', 'kube-scheduler'] as const satisfies ComponentName[];

/** Name of the static pod and container that hold a virtual address. */
export const virtualAddressPod = 'kube-vip';

/** Those that can do nothing without an API server which knows what they may do. */
export const clientsOfApi: readonly string[] = [
  'kube-controller-manager',
  'kube-scheduler',
  virtualAddressPod,
] satisfies (ComponentName | typeof virtualAddressPod)[];

/** What a component cannot do without: while that is away, it may end and be started again as often as it likes. */
export function needsOf(component: string): readonly string[] {
  if (component === 'kube-apiserver') return ['etcd'];
  return clientsOfApi.includes(component) ? ['etcd', 'kube-apiserver'] : [];
}

export type ComponentName = (typeof components)[number];

/** What a user can add to any component. */
export type Additions = Pick<Spec['scheduler'], 'extraArgs' | 'extraEnvs' | 'extraVolumes' | 'extraFiles'>;

/** The part of the inventory that is about a component. */
export function additionsOf(spec: Spec, component: ComponentName): Additions {
  return {
    etcd: spec.etcd.local,
    'kube-apiserver': spec.apiServer,
    'kube-controller-manager': spec.controllerManager,
    'kube-scheduler': spec.scheduler,
  }[component];
}
