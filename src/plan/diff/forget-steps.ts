import type { HostFacts } from '../../observed/facts.js';
import type { Step } from '../step.js';

/**
 * What takes secrets out of a host's memory that have no business there: inventories with passwords, which an earlier
 * podstrap kept on every host, and keys that were replaced. It is done when the run is noted. Pure.
 */
export const forgetSteps = ({ host, leftovers }: Pick<HostFacts, 'host' | 'leftovers'>): readonly Step[] =>
  leftovers === undefined
    ? []
    : [
        {
          host,
          phase: 'peers',
          action: { do: 'forget-secrets', inventories: [...leftovers.inventories], store: leftovers.store },
          reason:
            leftovers.inventories.length > 0
              ? 'inventories with passwords are stored there, and no host needs them'
              : 'keys may be among what finished runs have replaced',
        },
      ];
