import type { DesiredHost } from '../desired/resource.js';
import { paths } from '../host/paths.js';
import type { HostFacts } from '../observed/facts.js';
import type { Step } from './step.js';

/** Files with variables of units that podstrap made, and that no unit needs any more. Pure. */
export const needlessVariables = (
  { host, resources }: DesiredHost,
  { applied }: Pick<HostFacts, 'applied'>,
): readonly Step[] =>
  [paths.containerdVariables, paths.kubeletVariables]
    .filter((path) => applied[path] !== undefined)
    .filter((path) => !resources.some((one) => one.kind === 'file' && one.path === path))
    .map((path) => ({
      host,
      phase: 'node',
      action: { do: 'remove-file', path },
      reason: 'none of the unit’s variables holds a credential any longer',
    }));
