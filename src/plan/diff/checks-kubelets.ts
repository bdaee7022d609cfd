import { everyKubeletServesOurs } from '../../desired/node/kubelet-serving.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { HostFacts } from '../../observed/facts.js';
import type { Situation } from '../situation.js';

/**
 * Whether API servers are to check the certificates of kubelets: they do, but for those of a live cluster that never did, as long as not every
 * kubelet can be given one first: logs and exec would end for the others. Pure.
 * @param partly true when only some hosts are to be changed
 */
export const checksKubelets = (
  inventory: Inventory,
  { kind }: Situation,
  facts: ReadonlyMap<string, HostFacts>,
  partly: boolean,
): boolean =>
  everyKubeletServesOurs(inventory) &&
  (kind === 'new' ||
    kind === 'bootstrapping' ||
    [...facts.values()].some((fact) => fact.checksKubelets) ||
    (!partly && inventory.spec.hosts.every(({ name }) => facts.has(name))));
