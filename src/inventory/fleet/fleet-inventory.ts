import { isIpAddress } from '../formats.js';
import type { Spec } from '../inventory.js';
import { shortestAddress } from '../networks.js';
import { specSchema } from '../schema.js';
import type { Fleet } from './fleet.js';
import { grouped } from './grouped-hosts.js';
import type { ListedHost } from './load-hosts.js';

/** Private, small, and unlikely to be anybody's: nothing leads to it from elsewhere. */
const defaultSubnet = '10.244.0.0/24';

const addressOf = (text: string): string => (isIpAddress(text) ? shortestAddress(text) : text);

/** What every spec has, where a fleet says nothing of it. */
const nothingSaid = () =>
  specSchema.parse({
    kubernetesVersion: 'v0.0.0',
    hosts: [{ name: 'none', address: 'none', roles: ['worker'] }],
    kubeProxy: { disabled: true },
    dns: { disabled: true },
    loadBalancer: { type: 'none' },
    networking: { plugin: 'none' },
    // No host has data of etcd that is podstrap's; what lies where a cluster has it is somebody else's.
    etcd: { local: { dataDir: '/var/lib/podstrap/etcd' } },
  });

/** A fleet as the inventory that it stands for: hosts on which a kubelet runs static pods, and no API. Pure. */
export function fleetSpec({ spec }: Fleet, listed: readonly ListedHost[]): Spec {
  const { groups, hosts, hostsFrom: _, networking, rollout, ...rest } = spec;
  const { plugin, podSubnet = plugin === 'bridge' ? defaultSubnet : undefined } = networking;
  const unsaid = nothingSaid();
  return {
    ...unsaid,
    ...rest,
    networking: { ...unsaid.networking, plugin, podSubnet },
    timeouts: {
      ...unsaid.timeouts,
      controlPlaneComponentHealthCheck: rollout.healthyDeadline,
      kubeletHealthCheck: rollout.healthyDeadline,
    },
    hosts: [...hosts, ...listed.map(({ host }) => host)].map((host) => {
      const whole = grouped(groups, host);
      return {
        ...whole,
        // A name where that is all that is known: nobody else looks for the host.
        advertiseAddress: addressOf(whole.advertiseAddress ?? whole.address),
        annotations: {},
        roles: ['standalone'],
      };
    }),
    rollout,
  };
}
