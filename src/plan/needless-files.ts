import type { DesiredHost } from '../desired/resource.js';
import { paths } from '../host/paths.js';
import type { HostFacts } from '../observed/facts.js';
import type { Step } from './step.js';

/** What podstrap makes only where it is needed, and why it goes. */
const needed: readonly (readonly [path: string, goes: string])[] = [
  [paths.containerdVariables, 'none of the unit’s variables holds a credential any longer'],
  [paths.kubeletVariables, 'none of the unit’s variables holds a credential any longer'],
  [paths.podNetworkConfig, 'spec.networking.plugin no longer asks for a pod network'],
];

/** Files that podstrap made, and that nobody needs any more. Pure. */
export const needlessFiles = (
  { host, resources }: DesiredHost,
  { applied }: Pick<HostFacts, 'applied'>,
): readonly Step[] =>
  needed
    .filter(([path]) => applied[path] !== undefined)
    .filter(([path]) => !resources.some((one) => one.kind === 'file' && one.path === path))
    .map(([path, reason]) => ({ host, phase: 'node', action: { do: 'remove-file', path }, reason }));
