import { type Draft, hostsOf } from '../draft.js';
import type { Rule } from './rule.js';

/** How many control planes there are, and whether the rest can find them. */
export const rolesRule: Rule = (draft) => {
  const hosts = hostsOf(draft);
  // A host whose roles are wrong or missing might be a control plane: its own problem is enough.
  if (
    hosts.length === 0 ||
    hosts.some(({ host }) => host.roles === undefined || host.roles.includes(undefined))
  )
    return [];
  const count = hosts.filter(({ host }) => host.roles!.includes('control-plane')).length;
  if (count === 0)
    return [
      { path: ['spec', 'hosts'], found: 'no host is a control plane', expected: 'at least one that is' },
    ];
  const even = {
    path: ['spec', 'hosts'],
    found: `${count} control planes, which survive the loss of no more hosts than ${count - 1} would`,
    expected: `an odd number, such as ${count - 1 || 1} or ${count + 1}`,
    severity: 'warning',
  } as const;
  const alone = {
    path: ['spec', 'controlPlaneEndpoint'],
    found: `missing, so that everyone outside the cluster depends on the first of ${count} control planes`,
    expected: 'the name or address of a load balancer in front of all of them, or spec.virtualAddress',
    severity: 'warning',
  } as const;
  return [...(count % 2 === 0 ? [even] : []), ...(count > 1 && !isReachable(draft) ? [alone] : [])];
};

const isReachable = ({ spec }: Draft): boolean =>
  spec?.controlPlaneEndpoint !== undefined || spec?.virtualAddress !== undefined;
