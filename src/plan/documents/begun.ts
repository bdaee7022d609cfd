import type { Fixed } from '../../desired/fixed.js';
import type { Settled } from '../../desired/settled.js';
import type { ClusterRecord } from '../../observed/facts.js';

/**
 * What the operator's record says while a run is at work. What was given away is noted before anybody uses it: births of
 * members, and networks of hosts. What the inventory says once and for all, and where the API is found, is a fact only
 * once its gates have passed: until then what was proved before stays, so that a run which fails, and is undone, leaves
 * the way back open. Before a first bootstrap nothing was. Pure.
 */
export function begun(
  settled: Settled,
  proved: ClusterRecord | undefined,
  fixed: Fixed,
): Omit<ClusterRecord, 'cluster' | 'bootstrapped' | 'hosts'> {
  if (proved?.bootstrapped !== true) return { ...settled, fixed };
  const { virtualAddress: _, ...given } = settled;
  const { endpoint, virtualAddress, fixed: before, versions } = proved;
  return {
    ...given,
    endpoint,
    ...(virtualAddress === undefined ? {} : { virtualAddress }),
    ...(before === undefined ? {} : { fixed: before }),
    ...(versions === undefined ? {} : { versions }),
  };
}
