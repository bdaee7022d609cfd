import { createHash } from 'node:crypto';
import { bracket } from '../../host/bracket.js';
import { loopbackFor } from '../../host/network.js';
import { paths } from '../../host/paths.js';
import { takesPart } from '../../inventory/host-kinds.js';
import { apiServerOn, type Host, type Inventory, isControlPlane } from '../../inventory/inventory.js';
import { balancerPortOf } from '../../inventory/static-pods/own-ports.js';
import { lastValue } from '../../kubernetes/flags.js';
import { authorityPlace } from '../../pki/certificate-places.js';
import type { HostInput } from '../host-input.js';
import type { FileResource } from '../resource.js';
import { render } from '../templates.js';

/** A name that every API server's certificate has, whatever address leads to it. */
export const apiServerName = 'kubernetes.default.svc';

/** Whether a host reaches the API servers through a balancer of its own: a control plane has an API server instead. */
export const isBalanced = ({ spec }: Inventory, host: Host): boolean =>
  spec.loadBalancer.type === 'haproxy' && takesPart(host, 'remote-node');

/** Port of the balancer on loopback: that of the API servers, so that one address leads to the API on every host. */
export const balancerPort = ({ spec: { loadBalancer: own, apiServer } }: Inventory): number =>
  balancerPortOf(own.port, apiServer.bindPort);

/** host:port at which a worker reaches the API through its balancer. */
export const balancedEndpoint = (inventory: Inventory, host: Host): string =>
  `${bracket(loopbackFor(host.advertiseAddress))}:${balancerPort(inventory)}`;

/**
 * host:port on loopback that leads to the API on every host, to its own API server or to its balancer; undefined where
 * there is none such, or one host alone.
 */
export function loopbackEndpoint(inventory: Inventory, members: readonly Host[]): string | undefined {
  const { apiServer, loadBalancer: own } = inventory.spec;
  const bound = lastValue(apiServer.extraArgs, 'bind-address') ?? '0.0.0.0';
  const everywhere = bound === '0.0.0.0' || bound === '::';
  const ported = balancerPort(inventory) === apiServer.bindPort;
  if (members.length < 2 || own.type !== 'haproxy' || !everywhere || !ported) return undefined;
  return balancedEndpoint(inventory, members[0]!);
}

/** The configuration of a worker's balancer; it is part of no revision, since the balancer takes up a new one by itself. */
export const balancerFiles = (input: HostInput): readonly FileResource[] => [
  {
    kind: 'file',
    phase: 'control-plane',
    path: paths.balancerConfig,
    mode: 0o644,
    content: balancerConfig(input),
    because: 'spec.loadBalancer, and the control planes of spec.hosts',
  },
];

function balancerConfig({ inventory, host, members }: HostInput): string {
  const { loadBalancer: own } = inventory.spec;
  const loopback = bracket(loopbackFor(host.advertiseAddress));
  const values = {
    listen: `${loopback}:${balancerPort(inventory)}`,
    health: `${loopback}:${own.healthPort}`,
    name: apiServerName,
    authority: authorityPlace('ca').certificate,
    servers: (members ?? inventory.spec.hosts)
      .filter(isControlPlane)
      .map((server) => ({ name: server.name, address: apiServerOn(inventory, server) })),
  };
  const text = render('haproxy.cfg', { ...values, revision: '' });
  const revision = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return render('haproxy.cfg', { ...values, revision });
}

/** A configuration that leads to these servers as well; the same text where it does already. Pure. */
export function withServers(
  config: string,
  servers: readonly { readonly name: string; readonly address: string }[],
): string {
  const lines = config.split('\n');
  const last = lines.findLastIndex((line) => line.startsWith('    server '));
  const there = new Set(lines.flatMap((line) => /^ {4}server \S+ (\S+)/.exec(line)?.[1] ?? []));
  const more = servers.filter(({ address }) => !there.has(address));
  const earlier = revisionOfConfig(config);
  if (more.length === 0 || last < 0 || earlier === undefined) return config;
  lines.splice(last + 1, 0, ...more.map(({ name, address }) => `    server ${name} ${address}`));
  const text = lines.join('\n');
  return text.replaceAll(earlier, createHash('sha256').update(text).digest('hex').slice(0, 12));
}

/** What a balancer that has loaded this configuration answers to; undefined when it says nothing of the kind. */
export const revisionOfConfig = (config: string): string | undefined =>
  /^# revision: (\w+)$/m.exec(config)?.[1];
