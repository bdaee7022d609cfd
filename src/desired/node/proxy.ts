import type { HostInput } from '../host-input.js';

/** One environment variable. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/**
 * The proxy variables for the processes of a host, sorted by name; empty without spec.proxy.
 * NO_PROXY gets what a control plane must reach directly, because through a proxy it would never come up: its own
 * address, the endpoint, services and pods. Not the other hosts: each host that comes or goes would restart the
 * control plane everywhere. They belong into spec.proxy.noProxy, as a network.
 */
export function proxyVariables(input: HostInput): readonly Variable[] {
  const { proxy } = input.inventory.spec;
  if (proxy === undefined) return [];
  const variables = [
    { name: 'HTTP_PROXY', value: proxy.httpProxy },
    { name: 'HTTPS_PROXY', value: proxy.httpsProxy },
    { name: 'NO_PROXY', value: direct(input, proxy.noProxy).join(',') },
  ];
  return variables.filter((variable): variable is Variable => variable.value !== undefined);
}

function direct({ inventory, host, settled }: HostInput, user = ''): readonly string[] {
  const { podSubnet = '', serviceSubnet, dnsDomain } = inventory.spec.networking;
  const endpointHost = settled.endpoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const own = [host.advertiseAddress, endpointHost, ...serviceSubnet.split(','), ...podSubnet.split(',')];
  // Whoever writes one on each line means the same; in a unit it must be one line.
  const all = [...user.split(/[,\s]+/), ...own, '.svc', `.${dnsDomain}`];
  return [...new Set(all.filter((entry) => entry !== ''))];
}
