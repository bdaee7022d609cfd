import type { PhaseName } from '../desired/resource.js';
import type { Step } from './step.js';

/** One phase of a run. */
export interface Phase {
  readonly name: PhaseName;
  readonly title: string;
  /** What the phase is for, for --help. */
  readonly about: string;
}

/** The phases in the order in which a run goes through them. Everything that lists phases derives from this. */
export const phases: readonly Phase[] = [
  { name: 'snapshot', title: 'Snapshot', about: 'etcd’s data, saved on this machine before an upgrade' },
  {
    name: 'lost-members',
    title: 'Lost members',
    about: 'members of etcd that no longer vote and whose hosts have left the inventory',
  },
  { name: 'binaries', title: 'Binaries', about: 'containerd, runc, CNI plugins, kubelet and kubectl' },
  { name: 'node', title: 'Nodes', about: 'kernel modules, sysctls, containerd and the units' },
  { name: 'images', title: 'Images', about: 'the images of the control plane, imported and pinned' },
  {
    name: 'peers',
    title: 'Peers',
    about: 'what hosts know about each other: the cluster’s record, and routes to the others’ pods',
  },
  {
    name: 'serving',
    title: 'Serving certificates',
    about: 'what kubelets identify themselves with, before API servers check it',
  },
  { name: 'certificates', title: 'Certificates', about: 'certificates, keys and kubeconfigs' },
  { name: 'control-plane', title: 'Control plane', about: 'the kubelet and its static pods' },
  {
    name: 'cluster',
    title: 'Cluster',
    about: 'objects of the Kubernetes API that a control plane relies on',
  },
  {
    name: 'leave',
    title: 'Leaving hosts',
    about: 'hosts that have left the inventory leave the cluster, and are put back',
  },
  { name: 'addons', title: 'Addons', about: 'manifests of the inventory’s own' },
];

const rank = new Map(phases.map(({ name }, index) => [name, index]));

/** Steps in the order of phases; within a phase they keep their order. */
export const byPhase = (steps: readonly Step[]): readonly Step[] =>
  [...steps].sort((a, b) => rank.get(a.phase)! - rank.get(b.phase)!);
