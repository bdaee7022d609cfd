import { isIpv6 } from '../../host/network.js';
import { paths } from '../../host/paths.js';
import type { HostInput } from '../host-input.js';
import type { FileResource, PhaseName, Resource, Route } from '../resource.js';
import type { Settled } from '../settled.js';
import { render } from '../templates.js';
import type { PodNetworks } from './pod-networks.js';

/** Number in the routing table by which a route tells that podstrap made it; none that iproute2 has a name for. */
export const routeProtocol = 144;

/** Its start brings routes about, and leaves behind what keeps them: a restart takes none away, and no pod notices. */
export const podNetworkUnitName = 'podstrap-network.service';

const because = 'spec.networking.plugin is routes';

/** What gives the pods of a host their addresses, of its part of the pods' network. None with another plugin. */
export const podNetwork = (input: HostInput): readonly Resource[] => {
  if (hasRoutes(input)) {
    const networks = input.settled.pods[input.host.name]?.networks ?? [];
    return [file('node', paths.podNetworkConfig, 0o644, pluginConfig(input, networks, false))];
  }
  const { plugin, podSubnet } = input.inventory.spec.networking;
  if (plugin !== 'bridge') return [];
  // The same on every host, since no other one sees it: what pods send out comes from the host's own address.
  const config = pluginConfig(
    input,
    (podSubnet ?? '').split(',').map((network) => network.trim()),
    true,
  );
  return [
    { ...file('node', paths.podNetworkConfig, 0o644, config), because: 'spec.networking.plugin is bridge' },
  ];
};

/**
 * The network of the pods on hosts of one network: the reference plugins give each pod an address of its host's part, and
 * a unit keeps a route to the part of every other host. None with another plugin.
 */
export function podRoutes(input: HostInput): readonly Resource[] {
  if (!hasRoutes(input)) return [];
  const own = input.routes.get(input.host.name);
  const here = new Set([input.host.advertiseAddress, ...(input.settled.pods[input.host.name]?.via ?? [])]);
  const routes = [...input.routes.values()]
    .filter((theirs) => theirs !== own)
    .flat()
    .filter(({ via }) => !here.has(via));
  const unit = render('podstrap-network.service', { script: paths.podNetworkScript });
  return [
    file('peers', paths.podNetworkScript, 0o755, script(input, routes)),
    file('peers', paths.podNetworkUnit, 0o644, unit),
    {
      kind: 'unit',
      phase: 'peers',
      name: podNetworkUnitName,
      restartOn: [paths.podNetworkScript, paths.podNetworkUnit],
      routes,
      because,
    },
  ];
}

/** The ways to the pods of each host, by its name. */
export const routesToPods = ({ pods }: Settled): ReadonlyMap<string, readonly Route[]> =>
  new Map(Object.entries(pods).map(([name, networks]) => [name, routesTo(networks)]));

const routesTo = ({ networks, via }: PodNetworks): readonly Route[] =>
  networks.flatMap((to) => {
    const next = via.find((address) => isIpv6(address) === isIpv6(to));
    return next === undefined ? [] : [{ to, via: next }];
  });

const hasRoutes = ({ inventory }: HostInput): boolean => inventory.spec.networking.plugin === 'routes';

/** What containerd gives the reference plugins: https://www.cni.dev/plugins/current/ */
function pluginConfig({ traits }: HostInput, networks: readonly string[], ipMasq: boolean): string {
  const bridge = {
    type: 'bridge',
    bridge: 'cni0',
    isDefaultGateway: true,
    hairpinMode: true,
    // Between hosts not the plugin's own masquerade, which would hide pods from one another as well.
    ipMasq,
    ...(traits.mtu === undefined ? {} : { mtu: traits.mtu }),
    ipam: { type: 'host-local', ranges: networks.map((subnet) => [{ subnet }]) },
  };
  const portmap = { type: 'portmap', capabilities: { portMappings: true }, snat: true };
  const config = { cniVersion: '1.0.0', name: 'podstrap', plugins: [bridge, portmap] };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function script({ inventory }: HostInput, routes: readonly Route[]): string {
  const pools = inventory.spec.networking.podSubnet!.split(',').map((pool) => pool.trim());
  return render('podstrap-network.sh', {
    protocol: routeProtocol,
    // Not a loop of the template's: there may be a thousand, on each of a thousand hosts.
    routes: `\n${routes.map(({ to, via }) => `route replace ${to} via ${via} proto ${routeProtocol}\n`).join('')}`,
    masquerade4: pools.find((pool) => !isIpv6(pool)) ?? '',
    masquerade6: pools.find(isIpv6) ?? '',
  });
}

const file = (phase: PhaseName, path: string, mode: number, content: string): FileResource => ({
  kind: 'file',
  phase,
  path,
  mode,
  content,
  because,
});
