import { podRow, podsWith } from './own-pods.js';

/** Those of which one instance at a time is at work: the holder of the lease of its name. */
export const elected = podsWith((row) => row.elected === true);

/** Those that can do nothing without an API server which knows what they may do. */
export const clientsOfApi: readonly string[] = podsWith(({ needs }) => needs.includes('kube-apiserver'));

/** What a component cannot do without: while that is away, it may end and be started again as often as it likes. */
export const needsOf = (component: string): readonly string[] => podRow(component)?.needs ?? [];

/** What goes and comes with a pod that is switched. */
export const takenAlong = (pod: string): readonly string[] => podRow(pod)?.takesAlong ?? [];
