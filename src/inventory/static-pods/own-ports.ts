import { fixedPorts } from '../../kubernetes/fixed-ports.js';
import { defaultBindPort, defaultHealthPort, defaultMetricsPort } from '../schema.js';
import type { DraftedHost, WithStaticPods } from './with-static-pods.js';

/** Where something of podstrap's own listens on a host, which a static pod cannot then have. */
export interface OwnPort {
  readonly port: number;
  readonly by: string;
  /** Nothing but loopback is taken. */
  readonly onLoopback: boolean;
}

/** As much of an inventory as tells where podstrap's own programs listen, of which only sound fields are left. */
interface Ported {
  readonly apiServer?: { readonly bindPort?: number | undefined } | undefined;
  readonly loadBalancer?:
    | {
        readonly type?: string | undefined;
        readonly port?: number | undefined;
        readonly healthPort?: number | undefined;
      }
    | undefined;
  readonly virtualAddress?: { readonly metricsPort?: number | undefined } | undefined;
  readonly kubeProxy?: { readonly disabled?: boolean | undefined } | undefined;
  readonly kubelet?: { readonly config?: unknown } | undefined;
}

/** What may need root to listen on: the balancer runs without. */
const firstFreePort = 1024;

/** The port of the balancer on loopback: that of the API servers where it can. */
export const balancerPortOf = (own: number | undefined, bindPort: number): number =>
  own ?? (bindPort >= firstFreePort ? bindPort : defaultBindPort);

/** The ports that podstrap's own programs take on a host. Pure. */
export function ownPortsOn(draft: WithStaticPods, host: DraftedHost): readonly OwnPort[] {
  const spec = (draft.spec ?? {}) as Ported;
  // Hosts of a fleet have none.
  const roles = host.roles ?? [];
  const config = { ...(spec.kubelet?.config as object | undefined) } as Readonly<Record<string, unknown>>;
  const portOf = (field: string, usual: number): number =>
    typeof config[field] === 'number' ? config[field] : usual;
  const isFleet = roles.length === 0;
  const open = (port: number, by: string): OwnPort => ({ port, by, onLoopback: false });
  const near = (port: number, by: string): OwnPort => ({ port, by, onLoopback: true });
  const kubelet = [
    {
      ...open(portOf('port', fixedPorts.kubelet), 'the kubelet'),
      onLoopback: isFleet && config['address'] === undefined,
    },
    near(portOf('healthzPort', fixedPorts.kubeletHealth), 'the kubelet'),
  ];
  if (isFleet) return kubelet;
  const bindPort = spec.apiServer?.bindPort ?? defaultBindPort;
  const proxy =
    spec.kubeProxy?.disabled === true
      ? []
      : [open(fixedPorts.proxyHealth, 'kube-proxy'), near(fixedPorts.proxyMetrics, 'kube-proxy')];
  if (roles.includes('control-plane'))
    return [
      ...kubelet,
      ...proxy,
      ...fixedPorts.etcd.map((port) => open(port, 'etcd')),
      open(bindPort, 'kube-apiserver'),
      near(fixedPorts.controllerManager, 'kube-controller-manager'),
      near(fixedPorts.scheduler, 'kube-scheduler'),
      ...(spec.virtualAddress === undefined
        ? []
        : [near(spec.virtualAddress.metricsPort ?? defaultMetricsPort, 'kube-vip')]),
    ];
  const balancer = spec.loadBalancer;
  if (balancer?.type === 'none') return [...kubelet, ...proxy];
  return [
    ...kubelet,
    ...proxy,
    near(balancerPortOf(balancer?.port, bindPort), 'haproxy'),
    near(balancer?.healthPort ?? defaultHealthPort, 'haproxy'),
  ];
}
