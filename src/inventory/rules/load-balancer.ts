import { defaultBindPort, defaultHealthPort } from '../schema.js';
import type { Rule } from './rule.js';

/** The balancer of workers listens on two ports of one address. */
export const loadBalancerRule: Rule = ({ spec }) => {
  const { type, healthPort = defaultHealthPort, port } = spec?.loadBalancer ?? {};
  const listens = port ?? spec?.apiServer?.bindPort ?? defaultBindPort;
  if (type === 'none' || listens !== healthPort) return [];
  return [
    {
      path: ['spec', 'loadBalancer', 'healthPort'],
      found: `${healthPort}, at which the balancer of workers takes connections for the API`,
      expected: 'another port',
    },
  ];
};
